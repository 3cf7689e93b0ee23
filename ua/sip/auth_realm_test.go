package sip

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Interop 17: opaque comes back as it was, and each request has its own count (RFC 7616,
// sections 3.4 and 3.5).
func TestInterop17OpaqueAndCount(t *testing.T) {
	a := NewAuthenticator(credentials("u", "p"))
	first := withVia(outgoing(REGISTER))
	if err := a.Authorize(first, challengeWith(first, 401, `Digest realm="r", nonce="1", qop="auth", opaque="5c,\"c"`)); err != nil {
		t.Fatal(err)
	}
	a.Learn(first, NewResponse(first, 200, ""))
	for n := 2; n <= 4; n++ {
		req := withVia(outgoing(REGISTER))
		a.Preauthorize(req)
		c := sentCredentials(req, false, "r")
		if c == nil || c.Nc != n || c.Opaque != `5c,"c` {
			t.Fatalf("request %d: %+v", n, c)
		}
	}
}

// Interop 18: of several challenges the strongest that we know is answered, the first among
// equals (RFC 8760, section 2.4).
func TestInterop18StrongestChallenge(t *testing.T) {
	d := func(alg string) string {
		if alg == "" {
			return `Digest realm="r", nonce="md5 by default", qop="auth"`
		}
		return fmt.Sprintf(`Digest realm="r", nonce="%s", qop="auth", algorithm=%s`, alg, alg)
	}
	tests := []struct {
		name       string
		challenges []string
		nonce      string
	}{
		{"RFC 8760's own order", []string{d("SHA-512-256"), d("SHA-256"), d("MD5")}, "SHA-512-256"},
		{"weakest first", []string{d("MD5"), d("SHA-256")}, "SHA-256"},
		{"the middle one is unknown", []string{d("MD5"), d("SHA3-512"), d("SHA-256")}, "SHA-256"},
		{"no name is MD5", []string{d(""), d("SHA-512-256")}, "SHA-512-256"},
		{"only unknown ones and MD5", []string{d("AKAv1-MD5"), `Basic realm="r"`, d("MD5")}, "MD5"},
		{"equals: the first", []string{d("MD5"), d("MD5-sess")}, "MD5"},
		{"case of the name", []string{d("md5"), d("sha-256")}, "sha-256"},
	}
	for _, tt := range tests {
		for _, code := range []int{401, 407} {
			t.Run(fmt.Sprint(tt.name, " ", code), func(t *testing.T) {
				req := withVia(outgoing(INVITE))
				if err := NewAuthenticator(credentials("u", "p")).Authorize(req, challengeWith(req, code, tt.challenges...)); err != nil {
					t.Fatal(err)
				}
				v := HeaderValues(req, authorizationName(code == 407))
				if len(v) != 1 || !strings.Contains(v[0], `nonce="`+tt.nonce+`"`) {
					t.Errorf("answered %q, want the one with nonce %q", v, tt.nonce)
				}
			})
		}
	}
}

// Which realm gets which password: the table of credentialsFor.
func TestWhoAnswersWhichRealm(t *testing.T) {
	type ask struct {
		method  Method
		home    bool
		realm   string
		want    string // user; empty for a refusal
		wantErr error
	}
	tests := []struct {
		name  string
		realm string // of the account
		asks  []ask
	}{
		{"learnt from the registrar", "", []ask{
			{REGISTER, true, "asterisk", "alice", nil},
			{INVITE, true, "asterisk", "alice", nil},
			{INVITE, true, "evil", "", ErrForeignRealm},
			{INVITE, true, "example.com", "alice", nil},
			{INVITE, false, "asterisk", "", ErrForeignRealm},
			{INVITE, false, "gateway", "gw-user", nil},
		}},
		{"the first that asks, when nothing was registered", "", []ask{
			{INVITE, false, "evil", "", ErrForeignRealm},
			{INVITE, true, "pbx", "alice", nil},
			{INVITE, true, "evil", "", ErrForeignRealm},
			{REGISTER, true, "reg", "alice", nil},
			{INVITE, true, "pbx", "alice", nil},
		}},
		{"named", "pbx", []ask{
			{REGISTER, true, "evil", "", ErrForeignRealm},
			{INVITE, true, "pbx", "alice", nil},
			{INVITE, false, "pbx", "", ErrForeignRealm},
			{INVITE, true, "example.com", "", ErrForeignRealm},
			{INVITE, true, "gateway", "gw-user", nil},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := false
			a := NewAuthenticator(
				Credentials{User: "alice", Password: func() string { return "own" }, Realm: tt.realm, Domain: "Example.com", Home: func(*Request) bool { return home }},
				Credentials{User: "gw-user", Password: func() string { return "gw" }, Realm: "gateway"})
			for i, k := range tt.asks {
				home = k.home
				req := withVia(outgoing(k.method))
				err := a.Authorize(req, challengeWith(req, 401, fmt.Sprintf(`Digest realm="%s", nonce="%d"`, k.realm, i)))
				c := sentCredentials(req, false, k.realm)
				switch {
				case !errors.Is(err, k.wantErr) || k.wantErr == nil && err != nil:
					t.Errorf("%d %+v: %v", i, k, err)
				case k.want == "" && c != nil:
					t.Errorf("%d %+v: answered as %q", i, k, c.Username)
				case k.want != "" && (c == nil || c.Username != k.want):
					t.Errorf("%d %+v: %+v", i, k, c)
				}
			}
		})
	}
}

// RFC 3261, section 22.3: of two realms the one that we know is answered.
func TestOneOfTwoRealms(t *testing.T) {
	a := NewAuthenticator(Credentials{User: "u", Password: func() string { return "p" }, Realm: "a", Home: func(*Request) bool { return true }})
	req := withVia(outgoing(INVITE))
	if err := a.Authorize(req, challengeWith(req, 407, `Digest realm="b", nonce="2"`, `Digest realm="a", nonce="1"`)); err != nil {
		t.Fatal(err)
	}
	if v := HeaderValues(req, "Proxy-Authorization"); len(v) != 1 || !strings.Contains(v[0], `realm="a"`) {
		t.Errorf("answered %q", v)
	}
}
