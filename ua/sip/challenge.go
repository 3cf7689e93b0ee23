package sip

import (
	"strconv"
	"strings"

	"github.com/icholy/digest"
)

// algorithm is a digest algorithm that we answer, weakest first.
type algorithm uint8

const (
	algNone algorithm = iota
	algMD5
	algSHA256
	algSHA512256
)

// parseAlgorithm knows "MD5", "SHA-256" and "SHA-512-256", each also with "-sess"; no
// name stands for MD5 (RFC 7616, section 3.3; RFC 8760, section 2.1).
func parseAlgorithm(name string) (alg algorithm, sess bool) {
	base := strings.ToUpper(name)
	base, sess = strings.CutSuffix(base, "-SESS")
	switch base {
	case "", "MD5":
		return algMD5, sess
	case "SHA-256":
		return algSHA256, sess
	case "SHA-512-256":
		return algSHA512256, sess
	}
	return algNone, sess
}

// name is the algorithm's name as the digest library has it.
func (a algorithm) name() string {
	switch a {
	case algMD5:
		return "MD5"
	case algSHA256:
		return "SHA-256"
	case algSHA512256:
		return "SHA-512-256"
	case algNone:
	}
	return ""
}

// challenge is one WWW-Authenticate or Proxy-Authenticate that we can answer.
type challenge struct {
	digest.Challenge
	alg  algorithm
	sess bool
}

// authParams reads "Digest name=value, ..." into lower-case names; ok says that the
// scheme is Digest. The digest library's own reader takes no tabs, no name in
// another case and no unquoted value with a =, all of which are met.
func authParams(s string) (map[string]string, bool) {
	const scheme = "Digest"
	s = strings.TrimSpace(s)
	if len(s) <= len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) || strings.IndexByte(" \t", s[len(scheme)]) < 0 {
		return nil, false
	}
	rest := s[len(scheme):]
	out := map[string]string{}
	for more := true; more; {
		var item string
		item, rest, more = CutUnquoted(rest, ',')
		name, value, ok := strings.Cut(item, "=")
		if name = strings.ToLower(strings.TrimSpace(name)); !ok || name == "" {
			continue
		}
		if _, twice := out[name]; twice {
			continue
		}
		out[name] = Unquote(strings.TrimSpace(value))
	}
	return out, true
}

// parseChallenge reads one challenge; ok says that it is one we can answer.
func parseChallenge(s string) (challenge, bool) {
	p, ok := authParams(s)
	if !ok || p["nonce"] == "" {
		return challenge{}, false
	}
	var c challenge
	c.Realm, c.Nonce, c.Opaque, c.Algorithm = p["realm"], p["nonce"], p["opaque"], p["algorithm"]
	c.Stale = strings.EqualFold(p["stale"], "true")
	c.Userhash = strings.EqualFold(p["userhash"], "true")
	c.alg, c.sess = parseAlgorithm(c.Algorithm)
	for _, q := range strings.Split(p["qop"], ",") {
		if q = strings.ToLower(strings.TrimSpace(q)); q != "" {
			c.QOP = append(c.QOP, q)
		}
	}
	if c.alg == algNone {
		return c, false
	}
	return c, len(c.QOP) == 0 || c.SupportsQOP("auth") || c.SupportsQOP("auth-int")
}

// parseCredentials reads an Authorization or Proxy-Authorization value.
func parseCredentials(s string) (*digest.Credentials, bool) {
	p, ok := authParams(s)
	if !ok {
		return nil, false
	}
	c := &digest.Credentials{
		Username: p["username"], Realm: p["realm"], Nonce: p["nonce"], URI: p["uri"],
		Response: strings.ToLower(p["response"]), Algorithm: p["algorithm"], Cnonce: p["cnonce"],
		Opaque: p["opaque"], QOP: strings.ToLower(p["qop"]),
		Userhash: strings.EqualFold(p["userhash"], "true"),
	}
	if nc, ok := p["nc"]; ok {
		n, err := strconv.ParseUint(nc, 16, 31)
		if err != nil {
			return nil, false
		}
		c.Nc = int(n)
	}
	return c, true
}
