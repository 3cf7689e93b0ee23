package main

import (
	"errors"
	"strings"

	"offhook/codec"
	"offhook/codec/g711"
	"offhook/codec/g722"
	"offhook/codec/l16"
	"offhook/config"
)

// everyCodec is the only list of codecs there is: a new one is its folder and a line
// here (and its name in config, which can't ask).
func everyCodec(m config.Media) codec.Set {
	return codec.Set{
		opusOf(m),
		g722.Codec{},
		g711.PCMU{},
		g711.PCMA{},
		l16.Codec{Rate: 16000},
		l16.Codec{Rate: 8000},
		l16.Codec{Rate: 44100},
		l16.Codec{Rate: 48000},
	}
}

// codecSet makes the list that names tell.
func codecSet(names []string, m config.Media) (codec.Set, error) {
	every := everyCodec(m)
	set, err := every.Select(strings.Join(names, ","))
	var unknown *codec.UnknownError
	switch {
	case errors.As(err, &unknown):
		return nil, failf(exitUsage, "--codecs: unknown codec %q: there are %s", unknown.Name, listed(every))
	case err != nil:
		return nil, failf(exitUsage, "--codecs: name at least one of %s", listed(every))
	}
	return set, nil
}

// listed is the codecs of a set as people type them: "opus, g722 and pcmu".
func listed(set codec.Set) string {
	names := strings.Split(strings.ToLower(set.String()), ",")
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
