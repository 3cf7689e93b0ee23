package sdp

import (
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"offhook/audio"
	"offhook/audio/srtp"
)

// Keys of SRTP that travel in the description itself, SDES (RFC 4568):
//
//	a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:KEY-AND-SALT|2^31|1:4 UNENCRYPTED_SRTCP
//	  tag      suite                          base64      lifetime MKI  session parameters
//
// Each side tells the key of what it sends. Who can read the description can hear the call.

// Crypto is an a=crypto line.
type Crypto struct {
	Tag int
	// Name is that of the suite, as written, where something like a name was written.
	Name string
	// Key is the writer's; zero when the line can't be used, and Why then says so.
	Key srtp.Key
	Why string
}

func (c Crypto) usable() bool { return !c.Key.IsZero() }

// maxCrypto bounds how many lines of a stream are read.
const maxCrypto = 32

// CryptoOffer is what this side brings to SDES.
type CryptoOffer struct {
	// Keys are ours, one for each suite that we take. They last for the call: the same key
	// must not be made to count anew (see package srtp), and another one is a re-keying.
	Keys []srtp.Key
	// Offer are the suites of our own offers, most wanted first. None are offered when it
	// is empty, though an offer of the peer's is taken.
	Offer []srtp.Suite
}

// key is ours for s.
func (o CryptoOffer) key(s srtp.Suite) (srtp.Key, bool) {
	for _, k := range o.Keys {
		if k.Suite() == s {
			return k, true
		}
	}
	return srtp.Key{}, false
}

// ours says that a key of the peer's is one of these, whichever line it stands in.
func (o CryptoOffer) ours(theirs srtp.Key) bool {
	return slices.ContainsFunc(o.Keys, theirs.SameOctets)
}

// lines is what an offer says: its suites in order, and first the one that is in use.
func (o CryptoOffer) lines(inUse srtp.Suite) []Crypto {
	var all []Crypto
	add := func(s srtp.Suite) {
		for _, have := range all {
			if have.Key.Suite() == s {
				return
			}
		}
		if k, ok := o.key(s); ok {
			all = append(all, Crypto{Tag: len(all) + 1, Name: s.String(), Key: k})
		}
	}
	if inUse != srtp.NoSuite {
		add(inUse)
	}
	for _, s := range o.Offer {
		add(s)
	}
	return all
}

// take picks the first line of an offer that we can speak, which is the one that the peer
// wants most (RFC 4568, section 5.1.2), and makes our line of the answer.
func (o CryptoOffer) take(offered []Crypto) (mine Crypto, sec audio.SDES, err error) {
	for _, c := range offered {
		if !c.usable() {
			continue
		}
		k, ok := o.key(c.Key.Suite())
		if !ok {
			continue
		}
		if o.ours(c.Key) {
			return Crypto{}, audio.SDES{}, errEcho
		}
		return Crypto{Tag: c.Tag, Name: c.Name, Key: k}, audio.SDES{Suite: k.Suite(), Local: k, Remote: c.Key}, nil
	}
	return Crypto{}, audio.SDES{}, cryptoError(offered)
}

// met joins the lines of our offer with those of its answer: one of them with tag and suite
// of ours (RFC 4568, section 5.1.3). Some peers give back a tag of their own; the suite tells
// what they mean.
func met(ours, answered []Crypto) (audio.SDES, error) {
	for _, byTag := range []bool{true, false} {
		for _, a := range answered {
			for _, o := range ours {
				if !a.usable() || a.Key.Suite() != o.Key.Suite() || byTag && a.Tag != o.Tag {
					continue
				}
				if a.Key.SameOctets(o.Key) {
					return audio.SDES{}, errEcho
				}
				return audio.SDES{Suite: o.Key.Suite(), Local: o.Key, Remote: a.Key}, nil
			}
		}
	}
	return audio.SDES{}, cryptoError(answered)
}

// readCrypto reads the value of an a=crypto line.
func readCrypto(value string) Crypto {
	f := strings.Fields(value)
	if len(f) < 3 {
		return Crypto{Why: "it needs a tag, a suite and a key"}
	}
	c := Crypto{Name: nameOf(f[1])}
	tag, err := strconv.ParseUint(f[0], 10, 31) // 1 to 9 digits (RFC 4568, section 9.1)
	if err != nil {
		c.Why = "its tag is no number"
		return c
	}
	c.Tag = int(tag)
	suite, ok := srtp.ParseSuite(f[1])
	if !ok {
		c.Why = "its suite isn't known here"
		return c
	}
	for _, p := range f[3:] {
		if !harmless(p) {
			name, _, _ := strings.Cut(p, "=")
			c.Why = "its session parameter " + nameOf(name) + " isn't spoken here"
			return c
		}
	}
	c.Key, c.Why = readKey(suite, f[2])
	return c
}

// nameOf is a word where the grammar has a name, for people to read. In a line that isn't in order
// the key may stand there: what isn't written as names are isn't shown.
func nameOf(word string) string {
	const names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
	if len(word) > 40 || strings.Trim(word, names) != "" {
		return "(unreadable)"
	}
	return word
}

// harmless says that a session parameter changes nothing that we do: a hint at the window
// of replays, or one that may be left aside (RFC 4568, sections 6.3.6 and 6.3.7). All others
// take protection away, or ask for what nobody has.
func harmless(param string) bool {
	return strings.HasPrefix(param, "-") || strings.HasPrefix(strings.ToUpper(param), "WSH=")
}

// readKey reads "inline:BASE64|2^31|1:4". Each side says how long its own key lives, and has
// to renew it by then, so nothing has to be kept of that.
func readKey(suite srtp.Suite, param string) (srtp.Key, string) {
	if strings.Contains(param, ";") {
		return srtp.Key{}, "several keys of one line aren't spoken here"
	}
	method, info, _ := strings.Cut(param, ":")
	if !strings.EqualFold(method, "inline") {
		return srtp.Key{}, "its key method isn't inline"
	}
	parts := strings.Split(info, "|")
	mki := ""
	for _, p := range parts[1:] {
		value, size, ok := strings.Cut(p, ":")
		if !ok {
			continue // the lifetime
		}
		if mki, ok = readMKI(value, size); !ok {
			return srtp.Key{}, "its master key identifier can't be read"
		}
	}
	octets, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(parts[0], "="))
	if err != nil {
		return srtp.Key{}, "its key isn't base64"
	}
	k, err := srtp.NewKey(suite, octets, mki)
	if err != nil {
		return srtp.Key{}, err.Error()
	}
	return k, ""
}

// readMKI makes "1:4" the four octets 00 00 00 01.
func readMKI(value, size string) (string, bool) {
	const longest = 309 // digits of 128 octets
	n, err := strconv.ParseUint(size, 10, 8)
	if err != nil || n == 0 || n > srtp.MaxMKI || value == "" || len(value) > longest || strings.Trim(value, "0123456789") != "" {
		return "", false
	}
	v, ok := new(big.Int).SetString(value, 10)
	if !ok || v.BitLen() > 8*int(n) {
		return "", false
	}
	return string(v.FillBytes(make([]byte, n))), true
}

// line is the value as it is written. It holds the key.
func (c Crypto) line() string {
	return fmt.Sprintf("%d %s inline:%s", c.Tag, c.Name, base64.StdEncoding.EncodeToString(c.Key.Octets()))
}

// errEcho: a peer that gives our own key back would encrypt both ways by one key stream, and
// show what the two have in common.
var errEcho = fmt.Errorf("%w: the peer gives our own key back", ErrSecurity)

// cryptoError says why none of the lines can be used.
func cryptoError(lines []Crypto) error {
	var why []string
	for _, c := range lines {
		switch {
		case c.usable():
			why = append(why, c.Name+" isn't among those of this account")
		case c.Name != "":
			why = append(why, c.Name+": "+c.Why)
		default:
			why = append(why, c.Why)
		}
		if len(why) == 3 {
			break
		}
	}
	if len(why) == 0 {
		return fmt.Errorf("%w: the peer gives no key for SRTP (a=crypto)", ErrSecurity)
	}
	return fmt.Errorf("%w: no a=crypto line of the peer's can be used: %s", ErrSecurity, strings.Join(why, "; "))
}
