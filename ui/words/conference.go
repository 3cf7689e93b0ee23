package words

import (
	"strings"

	"offhook/ua"
)

// Conference says who hears whom, after the changed call came in or went out.
func Conference(in []ua.CallInfo, changed ua.CallInfo) string {
	names := make([]string, len(in))
	for i, c := range in {
		names[i] = Party(c)
	}
	switch {
	case len(in) < 2 && changed.Conference:
		return Party(changed) + " is in the conference"
	case len(in) < 2:
		return "The conference is over"
	case changed.Conference:
		return "In the conference: you, " + strings.Join(names, ", ")
	}
	return Party(changed) + " is out of the conference; in it: you, " + strings.Join(names, ", ")
}
