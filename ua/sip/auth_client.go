package sip

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/icholy/digest"
)

var (
	// ErrNoCredentials says that a password is asked for and there is none.
	ErrNoCredentials = errors.New("no user name or password")
	// ErrWrongPassword says that the server refused the user name or the password.
	ErrWrongPassword = errors.New("wrong user name or password")
	// ErrUnsupportedChallenge says that the server asks in a way that isn't known here.
	ErrUnsupportedChallenge = errors.New("unsupported kind of authentication")
)

// Credentials are what a challenge is answered with.
type Credentials struct {
	User string
	// Password gives the password when a realm first asks for it. Nil or an
	// empty result means that there is none.
	Password func() string
	// Realm is the only realm that they answer; an account's may be empty, and is then
	// learnt (credentialsFor).
	Realm string
	// Domain is the account's: a realm of that name is its own.
	Domain string
	// Home says that a request goes to one of the account's own servers. Without it every
	// realm of every server is answered.
	Home func(*Request) bool
}

// Authenticator answers digest challenges (RFC 3261, section 22; RFC 7616; RFC
// 8760), and remembers the nonces to use them again. Safe for concurrent use.
type Authenticator struct {
	creds  Credentials
	others []Credentials // one for each further realm

	mu     sync.Mutex
	known  map[authKey]*known
	learnt []string // realms of the account's own servers
}

// authKey is who may see an answer: it lets guess the password at leisure. A proxy
// is known by its address. A 401 is the far end's, and who is called may be another
// each time, behind the same proxy: the To counts, too (RFC 3261, sections 22.2 and 22.3).
type authKey struct {
	proxy   bool
	hop, to string
	realm   string
}

func keyFor(req *Request, proxy bool, realm string) authKey {
	k := authKey{proxy: proxy, hop: req.Destination(), realm: realm}
	if !proxy {
		if u, _, err := ParseAddress(HeaderValue(req, "To")); err == nil {
			k.to = u.String()
		}
	}
	return k
}

// concerns says that a request goes to who asked.
func (k authKey) concerns(req *Request) bool { return k == keyFor(req, k.proxy, k.realm) }

// maxKnown bounds what a phone that calls for days remembers.
const maxKnown = 256

// known is the challenge that a realm's next request is answered with.
type known struct {
	challenge
	user, password string
	nc             int  // of the last request
	fresh          bool // no request with this nonce was accepted yet
	stales         int  // how often in a row the realm called its nonce stale
}

// maxStale ends a ring-around with a server that calls each of its nonces stale.
const maxStale = 3

// NewAuthenticator makes an Authenticator for one account, and for further realms.
func NewAuthenticator(c Credentials, others ...Credentials) *Authenticator {
	return &Authenticator{creds: c, others: others, known: map[authKey]*known{}}
}

// Authorize adds the answer to the challenges of a 401 or 407 to a request that is
// to be sent again (with a new CSeq, which is the caller's). req is the request as it
// was refused: the credentials that it carries tell a wrong password from an old nonce. Of
// several realms those that are known here are answered: they may do (RFC 3261, section 22.3).
func (a *Authenticator) Authorize(req *Request, res *Response) error {
	proxy := res.StatusCode == 407
	best, err := strongest(res, proxy)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.known) >= maxKnown {
		clear(a.known) // a request more for each that is still in use
	}
	asked := map[authKey]bool{}
	var unanswered error
	for _, c := range best {
		key := keyFor(req, proxy, c.Realm)
		creds, password, err := a.password(req, c.Realm)
		if err != nil {
			if unanswered == nil {
				unanswered = err
			}
			continue
		}
		k, err := a.judge(key, c, creds.User, sentCredentials(req, proxy, c.Realm))
		if err != nil {
			delete(a.known, key)
			return err
		}
		k.user, k.password = creds.User, password
		a.known[key], asked[key] = k, true
	}
	if len(asked) == 0 {
		return unanswered
	}
	// What the request carries for other realms goes again with the next count: no
	// count may be seen twice with a nonce (RFC 7616, section 3.4).
	for key, k := range a.known {
		if !asked[key] && key.concerns(req) && sentCredentials(req, key.proxy, key.realm) != nil {
			_ = k.answer(req, key.proxy)
		}
	}
	for _, c := range best {
		key := keyFor(req, proxy, c.Realm)
		if !asked[key] {
			continue
		}
		if err := a.known[key].answer(req, proxy); err != nil {
			return err
		}
	}
	return nil
}

// password gives who to be for a realm, and the password. a.mu is held.
func (a *Authenticator) password(req *Request, realm string) (Credentials, string, error) {
	creds, err := a.credentialsFor(req, realm)
	if err != nil {
		return creds, "", err
	}
	password := ""
	if creds.Password != nil {
		password = creds.Password()
	}
	if creds.User == "" || password == "" {
		return creds, "", fmt.Errorf("%w: %s asks for them; set the account's password", ErrNoCredentials, realmName(realm))
	}
	return creds, password, nil
}

// Preauthorize adds credentials from the nonces of earlier requests to the same
// destination, nc one higher, so that the request isn't challenged again. It does
// nothing if there are none. Those of a 401 go to the same To only.
func (a *Authenticator) Preauthorize(req *Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, k := range a.known {
		if !key.concerns(req) {
			continue
		}
		// A request without credentials is challenged: no need to fail here.
		_ = k.answer(req, key.proxy)
	}
}

// Learn takes a final response other than 401 and 407 to a request that carried
// credentials: they were accepted, and it may name the next nonce (RFC 7616, section 3.5).
func (a *Authenticator) Learn(req *Request, res *Response) {
	if res.StatusCode < 200 || res.StatusCode == 401 || res.StatusCode == 407 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, k := range a.known {
		sent := sentCredentials(req, key.proxy, key.realm)
		if sent == nil || sent.Nonce != k.Nonce || !key.concerns(req) {
			continue
		}
		k.fresh, k.stales = false, 0
		name := "Authentication-Info"
		if key.proxy {
			name = "Proxy-Authentication-Info"
		}
		p, _ := authParams("Digest " + HeaderValue(res, name))
		if next := p["nextnonce"]; next != "" {
			k.Nonce, k.nc = next, 0
		}
	}
}

// judge decides what a challenge means after the credentials that were sent, if any.
//
//	sent       challenge            meaning
//	nothing    any                  first challenge: answer
//	nonce N    stale                nonce too old: answer on the new one
//	nonce N    nonce N, stale       the server contradicts itself: stop
//	nonce N    nonce N              wrong password
//	nonce N    new nonce; N fresh   wrong password (RFC 7616, section 3.3, stale)
//	nonce N    new nonce; N proven  the server forgot N: answer on the new one
//
// A nonce is proven by Learn, or by having been used for more than one request.
func (a *Authenticator) judge(key authKey, c challenge, user string, sent *digest.Credentials) (*known, error) {
	was := a.known[key]
	k := &known{challenge: c, fresh: true}
	if was != nil && was.Nonce == c.Nonce {
		k.nc = was.nc // nc counts on while the nonce is the same
	}
	if sent == nil {
		return k, nil
	}
	wrong := fmt.Errorf("%w: %s refused user %q; check the account", ErrWrongPassword, realmName(c.Realm), user)
	switch {
	case c.Stale:
		if was != nil {
			k.stales = was.stales + 1
		}
		if k.stales > maxStale || sent.Nonce == c.Nonce {
			return nil, fmt.Errorf("%w: %s calls each of its own nonces stale", ErrUnsupportedChallenge, realmName(c.Realm))
		}
		return k, nil
	case sent.Nonce == c.Nonce:
		return nil, wrong
	case sent.Nc > 1, was != nil && was.Nonce == sent.Nonce && !was.fresh:
		return k, nil // was may be newer: another request was challenged meanwhile
	}
	return nil, wrong
}

// answer puts credentials for the challenge into a request, in place of older ones
// for the realm.
func (k *known) answer(req *Request, proxy bool) error {
	chal := k.Challenge
	opt := digest.Options{
		Method:   string(req.Method),
		URI:      req.Recipient.String(), // RFC 3261, section 22.4: the Request-URI as it is sent
		Username: k.user, Password: k.password,
		Count: k.nc + 1,
		GetBody: func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(req.Body())), nil
		},
	}
	if k.sess {
		chal.Algorithm = k.alg.name()
		opt.Cnonce = hex.EncodeToString(random(8))
		opt.A1 = sessionA1(k.alg, k.user, k.Realm, k.password, k.Nonce, opt.Cnonce)
	}
	cred, err := digest.Digest(&chal, opt)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupportedChallenge, err)
	}
	k.nc++
	cred.Algorithm = k.Algorithm // as the server spelt it
	removeCredentials(req, proxy, k.Realm)
	req.AppendHeader(NewHeader(authorizationName(proxy), formatCredentials(cred)))
	return nil
}
