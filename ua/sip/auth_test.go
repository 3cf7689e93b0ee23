package sip

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func credentials(user, password string) Credentials {
	return Credentials{User: user, Password: func() string { return password }}
}

// challengeWith is a refusal of req with the given challenges.
func challengeWith(req *Request, code int, challenges ...string) *Response {
	res := NewResponse(req, code, "")
	name := "WWW-Authenticate"
	if code == 407 {
		name = "Proxy-Authenticate"
	}
	for _, c := range challenges {
		res.AppendHeader(NewHeader(name, c))
	}
	return res
}

// The examples of RFC 2617, section 3.5, and RFC 7616, section 3.9.1: the method, the
// URI and the cnonce are HTTP's, so the verifying side is what they test.
func TestDigestVectors(t *testing.T) {
	for _, c := range []struct{ name, method, uri, user, realm, password, authorization string }{
		{
			"RFC 2617 3.5", "GET", "/dir/index.html", "Mufasa", "testrealm@host.com", "Circle Of Life",
			`Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"`,
		}, {
			"RFC 7616 3.9.1 MD5", "GET", "/dir/index.html", "Mufasa", "http-auth@example.org", "Circle of Life",
			`Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="8ca523f5e9506fed4657c9700eebdbec", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
		}, {
			"RFC 7616 3.9.1 SHA-256", "GET", "/dir/index.html", "Mufasa", "http-auth@example.org", "Circle of Life",
			`Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"`,
		}, {
			"RFC 2069's way, as RFC 3261 22.4 keeps it", "GET", "/dir/index.html", "Mufasa", "testrealm@host.com", "Circle Of Life",
			`Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", response="670fd8c2df070c60b045671b8b24ff02"`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cred, ok := parseCredentials(c.authorization)
			if !ok {
				t.Fatal("not read")
			}
			server := &Challenger{Realm: c.realm, Algorithms: []string{"SHA-256", "MD5"}}
			req := NewRequest(Method(c.method), URI{Host: "x"})
			if got, err := server.expect(cred, req, c.password); err != nil || got != cred.Response {
				t.Errorf("%s, %v; want %s", got, err, cred.Response)
			}
			if got, _ := server.expect(cred, req, c.password+"x"); got == cred.Response {
				t.Error("another password gives the same response")
			}
			// And what we write ourselves is read back the same.
			if again, ok := parseCredentials(formatCredentials(cred)); !ok || *again != *cred {
				t.Errorf("written and read: %+v, was %+v", again, cred)
			}
		})
	}
}

// Interop 17: client and server sides together, over every kind of challenge (RFC 2617,
// section 3.2.1; RFC 7616, section 3.3).
func TestInterop17EveryChallenge(t *testing.T) {
	for _, c := range []struct {
		name       string
		algorithms []string
		mangle     func(challenge string) string
		picked     string
	}{
		{"MD5", nil, nil, "MD5"},
		{"-sess", []string{"SHA-256-sess"}, nil, "SHA-256-sess"},
		{"no qop", nil, func(s string) string { return strings.Replace(s, `, qop="auth"`, "", 1) }, "MD5"},
		{"a list of qop", nil, func(s string) string { return strings.Replace(s, `"auth"`, `"auth-int , auth"`, 1) }, "MD5"},
		{"auth-int alone", nil, func(s string) string { return strings.Replace(s, `"auth"`, `"auth-int"`, 1) }, "MD5"},
		{"no algorithm", nil, func(s string) string { return strings.Replace(s, ", algorithm=MD5", "", 1) }, ""},
		{"tabs, case and an unquoted nonce", nil, func(s string) string {
			return strings.NewReplacer("Digest realm", "DIGEST\tRealm", ", ", ",\t", "nonce=\"", "Nonce=").Replace(
				strings.Replace(s, "\", algorithm", ", algorithm", 1))
		}, "MD5"},
	} {
		for _, code := range []int{401, 407} {
			t.Run(fmt.Sprint(c.name, " ", code), func(t *testing.T) {
				server := &Challenger{Realm: "lab", Algorithms: c.algorithms, Lookup: func(u string) (string, bool) { return "pw-" + u, u == `al"ice` }}
				auth := NewAuthenticator(credentials(`al"ice`, `pw-al"ice`))
				req := outgoing(INVITE)
				req.Recipient, _ = ParseURI("sip:bob@192.0.2.2:5070;transport=udp;x=y")
				req.SetBody([]byte("v=0"))
				res := server.Challenge(req, code)
				if c.mangle != nil {
					name := res.Headers()[len(res.Headers())-1].Name()
					v := c.mangle(HeaderValue(res, name))
					RemoveHeaders(res, name)
					res.AppendHeader(NewHeader(name, v))
				}
				res.AppendHeader(NewHeader("WWW-Authenticate", `Basic realm="lab"`))
				if err := auth.Authorize(req, parse(t, withVia(res).String()).(*Response)); err != nil {
					t.Fatal(err)
				}
				text := withVia(req).String()
				if user, stale, err := server.Verify(parse(t, text).(*Request)); user != `al"ice` || stale || err != nil {
					t.Fatalf("%q, %v, %v for\n%s", user, stale, err, text)
				}
				sent := sentCredentials(req, code == 407, "lab")
				if sent.Algorithm != c.picked || sent.URI != "sip:bob@192.0.2.2:5070;transport=udp;x=y" {
					t.Errorf("sent %+v", sent)
				}
				if strings.Contains(text, "Basic") {
					t.Error("Basic was answered")
				}
			})
		}
	}
}

// withVia makes a message whole enough to be parsed.
func withVia[M interface {
	Message
	*Request | *Response
}](m M) M {
	if m.Via() == nil {
		m.PrependHeader(&ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "192.0.2.1"})
	}
	return m
}

const digestOf = `Digest realm="r", nonce="%s", qop="auth"`

// Interop 16: what a second challenge means (RFC 7616, section 3.3).
func TestInterop16SecondChallenge(t *testing.T) {
	for _, c := range []struct {
		name         string
		proven       bool
		second       string
		wantErr      error
		nonce, count string
	}{
		{"the same nonce", false, fmt.Sprintf(digestOf, "1"), ErrWrongPassword, "", ""},
		{"the same nonce after it was good", true, fmt.Sprintf(digestOf, "1"), ErrWrongPassword, "", ""},
		{"stale", false, fmt.Sprintf(digestOf, "2") + ", stale=TRUE", nil, "2", "00000001"},
		{"stale, the same nonce", false, fmt.Sprintf(digestOf, "1") + ", stale=true", ErrUnsupportedChallenge, "", ""},
		{"a new nonce", false, fmt.Sprintf(digestOf, "2"), ErrWrongPassword, "", ""},
		{"a new nonce after the old was good", true, fmt.Sprintf(digestOf, "2"), nil, "2", "00000001"},
		{"another realm", false, `Digest realm="s", nonce="9"`, nil, "9", ""},
		{"Basic", false, `Basic realm="r"`, ErrUnsupportedChallenge, "", ""},
		{"an unknown algorithm", false, `Digest realm="r", nonce="2", algorithm=SHA3`, ErrUnsupportedChallenge, "", ""},
		{"an unknown qop", false, `Digest realm="r", nonce="2", qop="auth-conf"`, ErrUnsupportedChallenge, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := NewAuthenticator(credentials("u", "p"))
			req := withVia(outgoing(REGISTER))
			if err := a.Authorize(req, challengeWith(req, 401, fmt.Sprintf(digestOf, "1"))); err != nil {
				t.Fatal(err)
			}
			if c.proven {
				a.Learn(req, NewResponse(req, 200, ""))
			}
			err := a.Authorize(req, challengeWith(req, 401, c.second))
			if !errors.Is(err, c.wantErr) || c.wantErr == nil && err != nil {
				t.Fatalf("%v, want %v", err, c.wantErr)
			}
			if c.wantErr != nil {
				return
			}
			v := HeaderValues(req, "Authorization")
			last := v[len(v)-1]
			if !strings.Contains(last, `nonce="`+c.nonce+`"`) || c.count != "" && !strings.Contains(last, "nc="+c.count) {
				t.Errorf("sent %q", v)
			}
		})
	}
}

func TestPreauthorize(t *testing.T) {
	a := NewAuthenticator(credentials("u", "p"))
	req := withVia(outgoing(REGISTER))
	a.Preauthorize(req)
	if HeaderValue(req, "Authorization") != "" {
		t.Fatal("credentials before any challenge")
	}
	if err := a.Authorize(req, challengeWith(req, 401, `Digest realm="r", nonce="1", qop="auth", opaque="o\"p"`)); err != nil {
		t.Fatal(err)
	}
	ok := NewResponse(req, 200, "")
	a.Learn(req, ok)
	for _, nc := range []string{"00000002", "00000003"} {
		next := outgoing(INVITE)
		a.Preauthorize(next)
		v := HeaderValue(next, "Authorization")
		for _, part := range []string{"nc=" + nc, `nonce="1"`, `opaque="o\"p"`, `uri="sip:bob@192.0.2.2:5070"`} {
			if !strings.Contains(v, part) {
				t.Errorf("%s isn't in %s", part, v)
			}
		}
	}
	// RFC 7616, section 3.5.
	ok.AppendHeader(NewHeader("Authentication-Info", `qop=auth, nextnonce="2", rspauth="x"`))
	a.Learn(req, ok)
	next := outgoing(REGISTER)
	a.Preauthorize(next)
	if v := HeaderValue(next, "Authorization"); !strings.Contains(v, `nonce="2"`) || !strings.Contains(v, "nc=00000001") {
		t.Errorf("after nextnonce: %s", v)
	}
	// A server that forgot its nonce and doesn't say stale: the password was good before.
	if err := a.Authorize(next, challengeWith(next, 401, fmt.Sprintf(digestOf, "3"))); err != nil {
		t.Error(err)
	}
	if err := a.Authorize(next, challengeWith(next, 401, fmt.Sprintf(digestOf, "4"))); !errors.Is(err, ErrWrongPassword) {
		t.Errorf("refused on a nonce of its own: %v", err)
	}
}

// Several proxies on the way each want credentials of their own (RFC 3261, section 22.3).
// Two requests are under way when a server forgets its nonce, and each is given
// another new one: neither says that the password is wrong.
func TestForgottenNonceOfTwoRequests(t *testing.T) {
	a := NewAuthenticator(credentials("u", "p"))
	req := outgoing(REGISTER)
	if err := a.Authorize(req, challengeWith(req, 401, fmt.Sprintf(digestOf, "1"))); err != nil {
		t.Fatal(err)
	}
	a.Learn(req, NewResponse(req, 200, ""))
	one, two := outgoing(REGISTER), outgoing(REGISTER)
	a.Preauthorize(one)
	a.Preauthorize(two)
	for i, req := range []*Request{one, two} {
		if err := a.Authorize(req, challengeWith(req, 401, fmt.Sprintf(digestOf, fmt.Sprint(i+2)))); err != nil {
			t.Errorf("request %d: %v", i+1, err)
		}
	}
}

func TestSeveralRealms(t *testing.T) {
	a := NewAuthenticator(credentials("u", "p"))
	req := withVia(outgoing(INVITE))
	if err := a.Authorize(req, challengeWith(req, 407, `Digest realm="a", nonce="1", qop="auth"`, `Digest realm="b", nonce="2", qop="auth"`)); err != nil {
		t.Fatal(err)
	}
	if err := a.Authorize(req, challengeWith(req, 401, `Digest realm="c", nonce="3"`)); err != nil {
		t.Fatal(err)
	}
	if p, w := HeaderValues(req, "Proxy-Authorization"), HeaderValues(req, "Authorization"); len(p) != 2 || len(w) != 1 {
		t.Errorf("proxy %q, server %q", p, w)
	}
	for realm, nc := range map[string]int{"a": 2, "b": 2} {
		if c := sentCredentials(req, true, realm); c == nil || c.Nc != nc {
			t.Errorf("realm %s: %+v, want the count %d", realm, c, nc)
		}
	}
}

func TestNoCredentials(t *testing.T) {
	for _, c := range []Credentials{{}, {User: "u"}, credentials("u", ""), credentials("", "p")} {
		req := withVia(outgoing(REGISTER))
		if err := NewAuthenticator(c).Authorize(req, challengeWith(req, 401, fmt.Sprintf(digestOf, "1"))); !errors.Is(err, ErrNoCredentials) {
			t.Errorf("%v", err)
		}
	}
}

// A server that calls each of its nonces stale isn't asked for ever.
func TestStaleForEver(t *testing.T) {
	a := NewAuthenticator(credentials("u", "p"))
	req := withVia(outgoing(REGISTER))
	var err error
	for i := 0; err == nil; i++ {
		if i > 10 {
			t.Fatal("it goes on and on")
		}
		err = a.Authorize(req, challengeWith(req, 401, fmt.Sprintf(digestOf, fmt.Sprint(i))+", stale=true"))
	}
	if !errors.Is(err, ErrUnsupportedChallenge) {
		t.Error(err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &Challenger{Realm: "lab", Lookup: func(u string) (string, bool) { return "right", u == "u" }, Lifetime: time.Minute}
		answered := func(a *Authenticator) *Request {
			req := withVia(outgoing(REGISTER))
			if err := a.Authorize(req, server.Challenge(req, 401)); err != nil {
				t.Fatal(err)
			}
			return req
		}
		check := func(name string, req *Request, wantErr error, wantStale bool) {
			t.Helper()
			if user, stale, err := server.Verify(req); user != "" || !errors.Is(err, wantErr) || stale != wantStale {
				t.Errorf("%s: %q, %v, %v", name, user, stale, err)
			}
			if got := HeaderValue(server.Challenge(req, 401), "WWW-Authenticate"); strings.Contains(got, "stale=true") != wantStale {
				t.Errorf("%s: challenged with %s", name, got)
			}
		}
		check("nothing", withVia(outgoing(REGISTER)), ErrNoCredentials, false)
		check("wrong password", answered(NewAuthenticator(credentials("u", "wrong"))), ErrWrongPassword, false)
		check("unknown user", answered(NewAuthenticator(credentials("eve", "right"))), ErrWrongPassword, false)

		elsewhere := answered(NewAuthenticator(credentials("u", "right")))
		elsewhere.Recipient, _ = ParseURI("sip:eve@192.0.2.2:5070")
		check("credentials of another request", elsewhere, ErrWrongPassword, false)

		good := answered(NewAuthenticator(credentials("u", "right")))
		if user, _, err := server.Verify(good); user != "u" || err != nil {
			t.Fatalf("%q, %v", user, err)
		}
		check("nc again", good, ErrStaleNonce, true)

		old := answered(NewAuthenticator(credentials("u", "right")))
		time.Sleep(61 * time.Second)
		check("expired", old, ErrStaleNonce, true)

		forged := answered(NewAuthenticator(credentials("u", "right")))
		v := HeaderValue(forged, "Authorization")
		SetHeader(forged, NewHeader("Authorization", strings.Replace(v, `nonce="`, `nonce="x`, 1)))
		check("a nonce of someone else", forged, ErrStaleNonce, true)
	})
}

func FuzzAuthParams(f *testing.F) {
	f.Add(`Digest realm="a,b", nonce=x==, qop="auth,auth-int", stale=TRUE`)
	f.Add(`Digest username="a\"b", nc=0000000g`)
	f.Fuzz(func(t *testing.T, s string) {
		if c, ok := parseChallenge(s); ok && (c.alg == algNone || c.Nonce == "") {
			t.Fatalf("answerable without algorithm or nonce: %+v", c)
		}
		if c, ok := parseCredentials(s); ok && c.QOP == "auth" && IsToken(c.Algorithm) {
			again, ok := parseCredentials(formatCredentials(c))
			if !ok || *again != *c {
				t.Fatalf("round trip of %q:\n%+v\n%+v", s, c, again)
			}
		}
	})
}
