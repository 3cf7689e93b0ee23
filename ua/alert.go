package ua

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"offhook/ua/rules"
)

// standardRings are the rings for labels that PBXs and carriers send in Alert-Info,
// by the label in small letters: Bellcore's distinctive rings (GR-506), the labels of
// BroadWorks and Asterisk, and the URNs of RFC 7462.
func standardRings() map[string]string {
	m := map[string]string{
		"internal": "internal", "alert-internal": "internal", "simple-internal": "internal", "inside": "internal",
		"urn:alert:source:internal": "internal",
		"external":                  "external", "alert-external": "external", "simple-external": "external", "outside": "external",
		"urn:alert:source:external": "external",
		"group":                     "group", "alert-group": "group", "urn:alert:service:auto-callback": "group",
		"urgent": "urgent", "emergency": "urgent", "alert-emergency": "urgent", "alert-urgent": "urgent",
		"urn:alert:priority:high": "urgent",
		"silent":                  SilentRing, "alert-silent": SilentRing, "urn:alert:tone:silent": SilentRing,
	}
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		m["bellcore-dr"+n] = "bellcore-dr" + n
		m["bellcore-r"+n] = "bellcore-dr" + n
		m["alert-community-"+n] = "bellcore-dr" + n
	}
	return m
}

// ringFor is the ring that Alert-Info asks for: the person's own table first, then
// the standard labels. Nothing is fetched: of a URI only its name counts.
func (p *policy) ringFor(headers []rules.Header) (ring, why string) {
	labels := alertLabels(headers)
	for _, label := range labels {
		for _, r := range p.rings {
			if r.alert.Match(rules.Party{User: label, URI: label}) {
				return r.name, fmt.Sprintf("Alert-Info says %s: rings as %s", label, r.name)
			}
		}
	}
	standard := standardRings()
	for _, label := range labels {
		if r := standard[strings.ToLower(label)]; r != "" {
			return r, fmt.Sprintf("Alert-Info says %s: rings as %s", label, r)
		}
	}
	if len(labels) > 0 {
		return "", fmt.Sprintf("Alert-Info says %s, which has no ring of its own", strings.Join(labels, ", "))
	}
	return "", "as always"
}

// alertLabels reads the names in Alert-Info:
//
//	<http://host/dir/Bellcore-dr2>   Bellcore-dr2
//	<file://ring3.wav>               ring3
//	<urn:alert:source:external>      urn:alert:source:external
//	<http://x>;info=alert-group      alert-group (before the URI's)
//	Bellcore-dr4                     Bellcore-dr4
func alertLabels(headers []rules.Header) []string {
	var out []string
	add := func(s string) {
		if s = strings.Trim(strings.TrimSpace(s), `"`); s != "" && len(out) < 16 {
			out = append(out, s)
		}
	}
	for _, h := range headers {
		if !strings.EqualFold(h.Name, "Alert-Info") {
			continue
		}
		target, params := splitInfo(h.Value)
		for _, p := range params {
			if k, v, ok := strings.Cut(p, "="); ok && strings.EqualFold(strings.TrimSpace(k), "info") {
				add(v)
			}
		}
		add(alertName(target))
	}
	return out
}

// alertName is the last part of a URI, without the extension of a file; of a URN, all.
func alertName(target string) string {
	if len(target) >= 4 && strings.EqualFold(target[:4], "urn:") {
		return target
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme == "" {
		return target
	}
	name := path.Base(u.Path)
	if u.Path == "" || name == "/" || name == "." {
		if !strings.EqualFold(u.Scheme, "file") {
			return "" // a host says nothing about how to ring
		}
		name = u.Host // <file://ring3.wav>, as some send it
	}
	switch ext := path.Ext(name); strings.ToLower(ext) {
	case ".wav", ".mp3", ".pcm", ".au", ".ogg":
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

// splitInfo splits a value of Alert-Info or Call-Info into what stands in brackets (or
// before the first semicolon) and its parameters.
func splitInfo(value string) (target string, params []string) {
	rest := strings.TrimSpace(value)
	if strings.HasPrefix(rest, "<") {
		target, rest, _ = strings.Cut(rest[1:], ">")
	} else {
		i := strings.IndexByte(rest, ';')
		if i < 0 {
			i = len(rest)
		}
		target, rest = rest[:i], rest[i:]
		if strings.Contains(target, "=") && !strings.Contains(target, ":") {
			target, rest = "", ";"+value // "info=alert-autoanswer" without any URI
		}
	}
	for p := range strings.SplitSeq(rest, ";") {
		if p = strings.TrimSpace(p); p != "" {
			params = append(params, p)
		}
	}
	return strings.TrimSpace(target), params
}
