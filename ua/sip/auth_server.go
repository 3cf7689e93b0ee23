package sip

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/icholy/digest"
)

// ErrStaleNonce says that credentials are built on a nonce that has expired or
// was used before. The client is to be challenged again, and knows what to do.
var ErrStaleNonce = errors.New("the nonce is no longer good")

// Challenger is the server side of digest authentication. Its fields are not to be
// changed once it is in use; it is safe for concurrent use.
type Challenger struct {
	Realm string
	// Algorithms are offered in this order, one challenge each. Empty means MD5 alone.
	Algorithms []string
	// Lookup gives a user's password.
	Lookup func(user string) (password string, ok bool)
	// Lifetime of a nonce. Zero means five minutes.
	Lifetime time.Duration

	once   sync.Once
	secret []byte

	mu   sync.Mutex
	used map[string]use // nonces of which an nc was seen
}

type use struct {
	nc      int
	expires time.Time
}

const (
	nonceLifetime = 5 * time.Minute
	maxNonces     = 10000
)

// Challenge builds a 401 or 407. It says stale when the request carries credentials
// whose only fault is an old nonce.
func (c *Challenger) Challenge(req *Request, code int) *Response {
	res := NewResponse(req, code, "")
	proxy := code == 407
	name := "WWW-Authenticate"
	if proxy {
		name = "Proxy-Authenticate"
	}
	stale := false
	if cred := c.credentials(req, proxy); cred != nil {
		stale = c.checkNonce(cred, time.Now()) == ErrStaleNonce
	}
	algorithms := c.Algorithms
	if len(algorithms) == 0 {
		algorithms = []string{"MD5"}
	}
	for _, alg := range algorithms {
		v := fmt.Sprintf("Digest realm=%s, nonce=%s, algorithm=%s, qop=\"auth\"",
			Quote(c.Realm), Quote(c.nonce(time.Now())), alg)
		if stale {
			v += ", stale=true"
		}
		res.AppendHeader(NewHeader(name, v))
	}
	return res
}

// Verify checks the credentials of a request: those for us as a registrar
// (Authorization) or, if there are none, as a proxy (Proxy-Authorization). stale says that
// the error is ErrStaleNonce.
func (c *Challenger) Verify(req *Request) (user string, stale bool, err error) {
	cred := c.credentials(req, false)
	if cred == nil {
		cred = c.credentials(req, true)
	}
	if cred == nil {
		return "", false, fmt.Errorf("%w for realm %q in the %s", ErrNoCredentials, c.Realm, req.Method)
	}
	if err := c.checkNonce(cred, time.Now()); err != nil {
		return "", errors.Is(err, ErrStaleNonce), err
	}
	if !sameURI(cred.URI, req) {
		return "", false, fmt.Errorf("%w: the credentials are for %s", ErrWrongPassword, clip(cred.URI))
	}
	password, ok := c.Lookup(cred.Username)
	want, err := c.expect(cred, req, password)
	if err != nil {
		return "", false, err
	}
	// Compared also for a user that isn't there, so that time doesn't tell who is.
	same := subtle.ConstantTimeCompare([]byte(want), []byte(cred.Response)) == 1
	if !ok || !same {
		return "", false, fmt.Errorf("%w: user %q", ErrWrongPassword, clip(cred.Username))
	}
	if !c.count(cred) {
		return "", true, ErrStaleNonce
	}
	return cred.Username, false, nil
}

// expect computes the response that the right password gives.
func (c *Challenger) expect(cred *digest.Credentials, req *Request, password string) (string, error) {
	alg, sess := parseAlgorithm(cred.Algorithm)
	if alg == algNone || !c.offers(cred.Algorithm) {
		return "", fmt.Errorf("%w: algorithm %q wasn't offered", ErrUnsupportedChallenge, clip(cred.Algorithm))
	}
	chal := digest.Challenge{Realm: c.Realm, Nonce: cred.Nonce, Algorithm: alg.name()}
	if cred.QOP != "" {
		chal.QOP = []string{cred.QOP}
	}
	opt := digest.Options{
		Method: string(req.Method), URI: cred.URI, Count: cred.Nc, Cnonce: cred.Cnonce,
		Username: cred.Username, Password: password,
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(req.Body())), nil },
	}
	if cred.QOP != "" && (cred.Cnonce == "" || cred.Nc == 0) {
		return "", fmt.Errorf("%w: qop without cnonce or nc", ErrWrongPassword)
	}
	if sess {
		opt.A1 = sessionA1(alg, cred.Username, c.Realm, password, cred.Nonce, cred.Cnonce)
	}
	want, err := digest.Digest(&chal, opt)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnsupportedChallenge, err)
	}
	return want.Response, nil
}

func (c *Challenger) offers(algorithm string) bool {
	if len(c.Algorithms) == 0 {
		return algorithm == "" || strings.EqualFold(algorithm, "MD5")
	}
	for _, a := range c.Algorithms {
		if strings.EqualFold(a, algorithm) || algorithm == "" && strings.EqualFold(a, "MD5") {
			return true
		}
	}
	return false
}

func (c *Challenger) credentials(req *Request, proxy bool) *digest.Credentials {
	return sentCredentials(req, proxy, c.Realm)
}

// A nonce is the time at which it was made and a seal on it, so that nothing has to be
// kept of nonces that are never used.

func (c *Challenger) nonce(now time.Time) string {
	b := make([]byte, 12, 12+16)
	binary.BigEndian.PutUint64(b, uint64(now.UnixNano()))
	copy(b[8:], random(4))
	return base64.RawURLEncoding.EncodeToString(append(b, c.seal(b)...))
}

func (c *Challenger) seal(b []byte) []byte {
	c.once.Do(func() { c.secret = random(32) })
	m := hmac.New(sha256.New, c.secret)
	_, _ = m.Write(b)
	_, _ = io.WriteString(m, c.Realm)
	return m.Sum(nil)[:16]
}

func (c *Challenger) lifetime() time.Duration {
	if c.Lifetime > 0 {
		return c.Lifetime
	}
	return nonceLifetime
}

// checkNonce gives ErrStaleNonce for one of ours that is too old or whose nc was seen,
// and for one of another run of this server: it can't be told from a forged one, and a
// fresh challenge does no harm.
func (c *Challenger) checkNonce(cred *digest.Credentials, now time.Time) error {
	b, err := base64.RawURLEncoding.DecodeString(cred.Nonce)
	if err != nil || len(b) != 28 || !hmac.Equal(b[12:], c.seal(b[:12])) {
		return ErrStaleNonce
	}
	made := time.Unix(0, int64(binary.BigEndian.Uint64(b)))
	if now.Sub(made) > c.lifetime() {
		return ErrStaleNonce
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if u, ok := c.used[cred.Nonce]; ok && cred.QOP != "" && cred.Nc <= u.nc {
		return ErrStaleNonce
	}
	return nil
}

// count notes an nc as used, and says whether it is new (RFC 7616, section 3.4).
func (c *Challenger) count(cred *digest.Credentials) bool {
	if cred.QOP == "" {
		return true // RFC 2069 counts nothing
	}
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if u, ok := c.used[cred.Nonce]; ok && cred.Nc <= u.nc {
		return false
	}
	if c.used == nil {
		c.used = map[string]use{}
	}
	if len(c.used) >= maxNonces {
		for n, u := range c.used {
			if now.After(u.expires) {
				delete(c.used, n)
			}
		}
		if len(c.used) >= maxNonces {
			return false // rather challenge again than forget what was seen
		}
	}
	c.used[cred.Nonce] = use{nc: cred.Nc, expires: now.Add(c.lifetime())}
	return true
}

// sameURI compares the digest-uri with the Request-URI. Proxies on the way may rewrite
// parameters and ports, so only user and host count (RFC 3261, section 22.4, item 4).
func sameURI(s string, req *Request) bool {
	u, err := parseURI(s)
	if err != nil {
		return false
	}
	return u.User == req.Recipient.User && strings.EqualFold(u.Host, req.Recipient.Host)
}
