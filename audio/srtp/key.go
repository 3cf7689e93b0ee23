package srtp

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// Key is a master key and its salt. It is behind a function, and says nothing of itself, so
// that no log, event or crash report can show it by accident, not even as a field of what is
// printed there. The zero value is no key.
type Key struct{ material func() *material }

type material struct {
	suite  Suite
	octets []byte // the key, then the salt
	mki    string
}

// MaxMKI is the longest master key identifier (RFC 4568, section 6.1).
const MaxMKI = 128

// NewKey takes the master key and the salt behind it, as a=crypto carries them (RFC 4568,
// section 6.1). Packets of this key carry the master key identifier mki, "" for none.
func NewKey(s Suite, octets []byte, mki string) (Key, error) {
	if want := s.KeySize() + s.SaltSize(); want == 0 || len(octets) != want {
		return Key{}, fmt.Errorf("a key of %s has %d octets with its salt, not %d", s, want, len(octets))
	}
	if len(mki) > MaxMKI {
		return Key{}, fmt.Errorf("a master key identifier has up to %d octets, not %d", MaxMKI, len(mki))
	}
	return keyOf(&material{s, append([]byte(nil), octets...), mki}), nil
}

// RandomKey makes a key for s. s must be a suite.
func RandomKey(s Suite) Key {
	octets := make([]byte, s.KeySize()+s.SaltSize())
	rand.Read(octets)
	return keyOf(&material{suite: s, octets: octets})
}

func keyOf(m *material) Key { return Key{func() *material { return m }} }

// IsZero says that there is no key.
func (k Key) IsZero() bool { return k.material == nil }

// Suite is what the key is for.
func (k Key) Suite() Suite {
	if k.IsZero() {
		return NoSuite
	}
	return k.material().suite
}

// MKI is the identifier that packets of this key carry.
func (k Key) MKI() string {
	if k.IsZero() {
		return ""
	}
	return k.material().mki
}

// Octets are the key and its salt, for the one who has to tell them to the peer.
func (k Key) Octets() []byte {
	if k.IsZero() {
		return nil
	}
	return append([]byte(nil), k.material().octets...)
}

// Equal compares without telling by its time how much is equal.
func (k Key) Equal(o Key) bool {
	if k.IsZero() || o.IsZero() {
		return k.IsZero() && o.IsZero()
	}
	a, b := k.material(), o.material()
	return a.suite == b.suite && a.mki == b.mki && subtle.ConstantTimeCompare(a.octets, b.octets) == 1
}

// SameOctets says that both encrypt alike, whatever they are called: by one suite or another,
// and with one identifier or another, the same octets give the same key stream.
func (k Key) SameOctets(o Key) bool {
	return !k.IsZero() && !o.IsZero() && subtle.ConstantTimeCompare(k.material().octets, o.material().octets) == 1
}

// String and its kin hide the key.
func (k Key) String() string {
	if k.IsZero() {
		return "no key"
	}
	return k.material().suite.String() + " key"
}
func (k Key) GoString() string             { return "srtp.Key(" + k.String() + ")" }
func (k Key) LogValue() slog.Value         { return slog.StringValue(k.String()) }
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

func (k Key) parts() (key, salt []byte) {
	m := k.material()
	n := m.suite.KeySize()
	return m.octets[:n], m.octets[n:]
}
