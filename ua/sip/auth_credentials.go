package sip

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/icholy/digest"
)

// formatCredentials writes an Authorization value (RFC 3261, section 25.1): what is
// text there is quoted as SIP quotes, where the library's own writer quotes as Go does.
func formatCredentials(c *digest.Credentials) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Digest username=%s, realm=%s, nonce=%s, uri=%s, response=%s",
		Quote(c.Username), Quote(c.Realm), Quote(c.Nonce), Quote(c.URI), Quote(c.Response))
	if c.Algorithm != "" {
		b.WriteString(", algorithm=" + c.Algorithm)
	}
	if c.Opaque != "" {
		b.WriteString(", opaque=" + Quote(c.Opaque))
	}
	if c.QOP != "" {
		fmt.Fprintf(&b, ", qop=%s, cnonce=%s, nc=%08x", c.QOP, Quote(c.Cnonce), c.Nc)
	} else if _, sess := parseAlgorithm(c.Algorithm); sess {
		b.WriteString(", cnonce=" + Quote(c.Cnonce))
	}
	if c.Userhash {
		b.WriteString(", userhash=true")
	}
	return b.String()
}

// strongest picks, for each realm that a response names, the strongest challenge that
// we can answer, the first among equals (RFC 8760, section 2.4). Basic, which RFC
// 3261 forbids, is never answered.
func strongest(res *Response, proxy bool) ([]challenge, error) {
	name := "WWW-Authenticate"
	if proxy {
		name = "Proxy-Authenticate"
	}
	values := HeaderValues(res, name)
	var best []challenge
next:
	for _, v := range values {
		c, ok := parseChallenge(v)
		if !ok {
			continue
		}
		for i := range best {
			if best[i].Realm == c.Realm {
				if c.alg > best[i].alg {
					best[i] = c
				}
				continue next
			}
		}
		best = append(best, c)
	}
	if len(best) == 0 {
		if len(values) == 0 {
			return nil, fmt.Errorf("%w: a %d without %s", ErrUnsupportedChallenge, res.StatusCode, name)
		}
		return nil, fmt.Errorf("%w: the server asks for %q; digest with MD5, SHA-256 or SHA-512-256 is known here",
			ErrUnsupportedChallenge, clip(values[0]))
	}
	return best, nil
}

func authorizationName(proxy bool) string {
	if proxy {
		return "Proxy-Authorization"
	}
	return "Authorization"
}

// sentCredentials are what a request carries for a realm, nil for nothing.
func sentCredentials(req *Request, proxy bool, realm string) *digest.Credentials {
	for _, v := range HeaderValues(req, authorizationName(proxy)) {
		if c, ok := parseCredentials(v); ok && c.Realm == realm {
			return c
		}
	}
	return nil
}

// removeCredentials takes a realm's credentials off a request, and leaves others'.
func removeCredentials(req *Request, proxy bool, realm string) {
	name := authorizationName(proxy)
	keep := []string{}
	for _, v := range HeaderValues(req, name) {
		if c, ok := parseCredentials(v); !ok || c.Realm != realm {
			keep = append(keep, v)
		}
	}
	RemoveHeaders(req, name)
	for _, v := range keep {
		req.AppendHeader(NewHeader(name, v))
	}
}

// sessionA1 is H(A1) of the -sess algorithms (RFC 7616, section 3.4.2).
func sessionA1(alg algorithm, user, realm, password, nonce, cnonce string) string {
	return hexHash(alg, hexHash(alg, user+":"+realm+":"+password)+":"+nonce+":"+cnonce)
}

func hexHash(alg algorithm, s string) string {
	var h hash.Hash
	switch alg {
	case algSHA256:
		h = sha256.New()
	case algSHA512256:
		h = sha512.New512_256()
	case algMD5, algNone:
		h = md5.New() // RFC 3261's own; the stronger ones are preferred
	}
	_, _ = io.WriteString(h, s)
	return hex.EncodeToString(h.Sum(nil))
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

func realmName(realm string) string {
	if realm == "" {
		return "the server"
	}
	return fmt.Sprintf("realm %q", realm)
}
