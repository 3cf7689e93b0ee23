package sdp

import (
	"slices"
	"strings"

	pion "github.com/pion/sdp/v3"

	"offhook/nat/ice"
)

// TypeFragment is the type of what tells candidates after the offer or answer (RFC 8840,
// section 9).
const TypeFragment = "application/trickle-ice-sdpfrag"

// WriteFragment tells d's candidates beyond an offer or answer, for the stream of that mid
// (RFC 8840, section 9.2). All that were told before are among them: messages may overtake
// each other.
func WriteFragment(d ice.Description, mid string) []byte {
	var b strings.Builder
	writeLine(&b, attribute, "ice-ufrag:"+d.Ufrag)
	writeLine(&b, attribute, "ice-pwd:"+d.Pwd)
	writeLine(&b, 'm', "audio 9 RTP/AVP 0")
	if mid != "" {
		writeLine(&b, attribute, "mid:"+mid)
	}
	for _, c := range d.Candidates {
		writeLine(&b, attribute, "candidate:"+c.String())
	}
	if d.Complete {
		writeLine(&b, attribute, "end-of-candidates")
	}
	return []byte(b.String())
}

// ReadFragment reads the candidates of the first audio stream. Errors are ErrSyntax.
func ReadFragment(body []byte) (ice.Description, error) {
	sections, err := splitFragment(string(body))
	if err != nil {
		return ice.Description{}, err
	}
	var s StreamICE
	for i, section := range sections {
		if i > 0 && !strings.HasPrefix(strings.ToLower(section[0].value), "audio ") {
			continue
		}
		for _, l := range section {
			if l.kind != attribute {
				continue
			}
			key, value, _ := strings.Cut(l.value, ":")
			s.read(pion.Attribute{Key: strings.ToLower(strings.TrimSpace(key)), Value: strings.TrimSpace(value)})
		}
		if i > 0 {
			break
		}
	}
	if !s.offered() {
		return ice.Description{}, &SyntaxError{Why: "candidates without ice-ufrag and ice-pwd"}
	}
	return s.Description, nil
}

// splitFragment is split for a body that needs neither v= nor m=.
func splitFragment(body string) ([][]textLine, error) {
	sections, err := split("v=0\r\n" + body)
	if err != nil {
		return nil, err
	}
	sections[0] = slices.DeleteFunc(sections[0], func(l textLine) bool { return l.kind == 'v' })
	return sections, nil
}
