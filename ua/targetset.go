package ua

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"offhook/ua/sip"
)

const (
	// maxRedirects is how many 3xx one request follows.
	maxRedirects = 5
	// maxContacts bounds the places that redirections can have us try.
	maxContacts = 16
)

// Conditions behind a RedirectError.
var (
	ErrRedirectRefused  = errors.New("redirections aren't followed here: dial it yourself, or set redirects = \"follow\"")
	ErrRedirectLimit    = fmt.Errorf("it was redirected more than %d times", maxRedirects)
	ErrRedirectLoop     = errors.New("it was redirected back to where it has been; check the forwarding on the other side")
	ErrRedirectInsecure = errors.New("it was redirected from an encrypted address to one that isn't")
	ErrRedirectNowhere  = errors.New("it was redirected without an address that can be called; ask the other side for one")
	ErrUseProxy         = errors.New("the other side wants a proxy of its choice in between; if you trust it, name it as the outbound proxy")
)

// RedirectError says why a 3xx was the end: Targets are the places that it named.
type RedirectError struct {
	Targets []string
	Err     error
}

func (e *RedirectError) Error() string {
	if len(e.Targets) == 0 {
		return e.Err.Error()
	}
	return strings.Join(e.Targets, ", ") + ": " + e.Err.Error()
}

func (e *RedirectError) Unwrap() error { return e.Err }

// AlternativeService is what a 380 says in its body.
type AlternativeService struct{ Text string }

func (e *AlternativeService) Error() string { return "it says: " + e.Text }

// place is one URI of a target set. Through is a proxy to go through first (305).
type place struct {
	uri     sip.URI
	through *sip.URI
	q       int // thousandths
}

// String is the place as people are told it.
func (p place) String() string {
	if p.through != nil {
		return p.through.String()
	}
	return display(p.uri)
}

// targetSet is the target set of RFC 3261, section 8.1.3.4: the URIs that redirections
// have named, each at most once, the most wanted first. The zero value is empty.
//
//	3xx --add--> left, by q ---next---> tried
//	              ^                       |
//	              \--- 3xx from there ----/   at most maxRedirects times
type targetSet struct {
	seen []string
	left []place
	hops int
}

// add takes the Contacts of a 3xx to a request for the URI asked, and gives those that
// will be tried on account of it. domain is what a tel: URI is dialled at.
func (s *targetSet) add(asked sip.URI, res *sip.Response, domain string) ([]place, error) {
	if s.hops++; s.hops > maxRedirects {
		return nil, ErrRedirectLimit
	}
	if len(s.seen) == 0 {
		s.seen = append(s.seen, uriKey(asked))
	}
	if res.StatusCode == 305 {
		return s.addProxy(asked, res)
	}
	var added []place
	why := ErrRedirectNowhere
	for _, v := range sip.HeaderValues(res, "Contact") {
		uri, params, err := sip.ParseAddress(v)
		if err == nil {
			uri, err = callable(uri, domain)
		}
		key := uriKey(uri)
		switch {
		case err != nil:
		case asked.IsEncrypted() && !uri.IsEncrypted():
			why = ErrRedirectInsecure
		case slices.Contains(s.seen, key):
			if !errors.Is(why, ErrRedirectInsecure) {
				why = ErrRedirectLoop
			}
		case len(s.seen) > maxContacts:
			why = ErrRedirectLimit
		default:
			s.seen = append(s.seen, key)
			added = append(added, place{uri: uri, q: qualityOf(params)})
		}
	}
	if len(added) == 0 {
		return nil, why
	}
	byQuality := func(a, b place) int { return cmp.Compare(b.q, a.q) }
	slices.SortStableFunc(added, byQuality)
	s.left = append(s.left, added...)
	slices.SortStableFunc(s.left, byQuality)
	return added, nil
}

// addProxy takes a 305 (RFC 3261, section 21.3.4): the same request, through the proxy
// that it names.
func (s *targetSet) addProxy(asked sip.URI, res *sip.Response) ([]place, error) {
	for _, v := range sip.HeaderValues(res, "Contact") {
		uri, _, err := sip.ParseAddress(v)
		if err == nil {
			uri, err = callable(uri, "")
		}
		key := "through " + uriKey(uri)
		switch {
		case err != nil, slices.Contains(s.seen, key), asked.IsEncrypted() && !uri.IsEncrypted():
			continue
		}
		s.seen = append(s.seen, key)
		p := place{uri: asked, through: &uri, q: 1000}
		s.left = append([]place{p}, s.left...)
		return []place{p}, nil
	}
	return nil, ErrRedirectNowhere
}

// next takes the most wanted place out of the set.
func (s *targetSet) next() (place, bool) {
	if len(s.left) == 0 {
		return place{}, false
	}
	p := s.left[0]
	s.left = s.left[1:]
	return p, true
}

// callable makes a Contact's URI one that a request can be sent to. The method parameter
// is for others (RFC 3261, section 8.1.3.4).
func callable(uri sip.URI, domain string) (sip.URI, error) {
	switch strings.ToLower(uri.Scheme) {
	case "sip", "sips":
	case "tel":
		return targetURI(uri.String(), domain)
	default:
		return uri, fmt.Errorf("%w: %s", ErrNoTarget, uri.String())
	}
	if uri.Wildcard || uri.Host == "" {
		return uri, ErrNoTarget
	}
	uri = *uri.Clone()
	uri.UriParams.Remove("method")
	return uri, nil
}

// qualityOf reads q; without one it is 1 (RFC 3261, section 20.10).
func qualityOf(params sip.Params) int {
	v, ok := sip.ParamValue(params, "q")
	if !ok {
		return 1000
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 1000
	}
	return int(q*1000 + 0.5)
}

// uriKey is the same for URIs that are one place (RFC 3261, section 19.1.4).
func uriKey(u sip.URI) string {
	key := []string{strings.ToLower(u.Scheme), u.User, strings.ToLower(u.Host), strconv.Itoa(u.Port)}
	for _, name := range []string{"transport", "user", "ttl", "maddr", "gr"} {
		if v, ok := sip.ParamValue(u.UriParams, name); ok {
			key = append(key, name+"="+strings.ToLower(v))
		}
	}
	return strings.Join(key, " ")
}
