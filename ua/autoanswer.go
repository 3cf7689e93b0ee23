package ua

import (
	"strconv"
	"strings"
	"time"

	"offhook/ua/rules"
)

// wish is what a caller says about being answered without a person.
type wish struct {
	Auto, Manual bool
	// Require says that the caller takes no other answer (RFC 5373, section 3).
	Require bool
	After   time.Duration
	// By is the header that says so.
	By string
}

// maxAnswerAfter bounds what a caller can ask for; longer, it simply rings.
const maxAnswerAfter = time.Minute

// answerWish reads the spellings of the field, RFC 5373's first, as it is the only
// one that can also say no:
//
//	Answer-Mode: Auto | Manual [;require]    RFC 5373; Priv-Answer-Mode wins over it
//	Call-Info: <sip:pbx>;answer-after=0      Cisco, Snom, Yealink, Grandstream
//	Alert-Info: <x>;info=alert-autoanswer;delay=0   Broadsoft, Snom, Mitel, Grandstream
//	Alert-Info: Auto Answer | Ring Answer | Intercom   Polycom, Yealink
//	P-Auto-Answer: normal, Alert-Info: <x>;intercom=true   older PBXs
func answerWish(headers []rules.Header) wish {
	for _, name := range []string{"Priv-Answer-Mode", "Answer-Mode"} {
		for _, h := range headers {
			if !strings.EqualFold(h.Name, name) {
				continue
			}
			mode, params, _ := strings.Cut(h.Value, ";")
			w := wish{By: name}
			switch strings.ToLower(strings.TrimSpace(mode)) {
			case "auto":
				w.Auto = true
			case "manual":
				w.Manual = true
			default:
				continue // an extension is ignored (RFC 5373, section 3)
			}
			for p := range strings.SplitSeq(params, ";") {
				w.Require = w.Require || w.Auto && strings.EqualFold(strings.TrimSpace(p), "require")
			}
			return w
		}
	}
	for _, h := range headers {
		if w := vendorWish(h); w.Auto {
			return w
		}
	}
	return wish{}
}

// vendorWish reads the headers that were there before RFC 5373 and are what PBXs send.
func vendorWish(h rules.Header) wish {
	switch strings.ToLower(h.Name) {
	case "call-info":
		_, params := splitInfo(h.Value)
		for _, p := range params {
			if v, ok := param(p, "answer-after"); ok {
				if after, ok := delayOf(v); ok {
					return wish{Auto: true, After: after, By: "Call-Info"}
				}
			}
		}
	case "alert-info":
		target, params := splitInfo(h.Value)
		w := wish{Auto: answerLabel(target), By: "Alert-Info"}
		for _, p := range params {
			if v, ok := param(p, "info"); ok && answerLabel(v) {
				w.Auto = true
			}
			if v, ok := param(p, "intercom"); ok && strings.EqualFold(v, "true") {
				w.Auto = true
			}
			for _, name := range []string{"delay", "answer-after"} {
				if v, ok := param(p, name); ok {
					after, ok := delayOf(v)
					if !ok {
						return wish{}
					}
					w.After = after
					w.Auto = w.Auto || name == "answer-after"
				}
			}
		}
		if w.Auto {
			return w
		}
	case "p-auto-answer":
		if v := strings.ToLower(strings.TrimSpace(h.Value)); v == "normal" || v == "auto" || v == "true" {
			return wish{Auto: true, By: "P-Auto-Answer"}
		}
	}
	return wish{}
}

// answerLabel says whether a label means "answer": makers write it with spaces,
// dashes or neither.
func answerLabel(s string) bool {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(` -_"<>`, r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
	s = strings.TrimPrefix(s, "alert")
	switch s {
	case "autoanswer", "ringanswer", "answer", "intercom":
		return true
	}
	return false
}

func param(p, name string) (string, bool) {
	k, v, ok := strings.Cut(p, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(k), name) {
		return "", false
	}
	return strings.Trim(strings.TrimSpace(v), `"`), true
}

// delayOf reads a delay; false for none that can be granted.
func delayOf(s string) (time.Duration, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f <= maxAnswerAfter.Seconds()) {
		return 0, false
	}
	return time.Duration(f * float64(time.Second)), true
}
