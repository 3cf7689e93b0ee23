package dtls

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" // an old peer's fingerprints; the hashes must be linked in
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fingerprint is a hash of a certificate, as a=fingerprint tells it (RFC 8122, section 5).
type Fingerprint struct {
	Hash   Hash
	digest string // octets; a string, so that Fingerprints compare
}

// Hash is a hash function for fingerprints, by its worth: the later the better.
type Hash uint8

const (
	// NoHash is of a zero Fingerprint, which nothing matches.
	NoHash Hash = iota
	// SHA1 comes from old peers. It is taken when they name no better one: who wants to
	// pass for them would need another certificate of the same hash, which is still out
	// of reach.
	SHA1
	SHA224
	SHA256
	SHA384
	SHA512
)

// hashes lists the textual names (RFC 8122, section 5). MD5 and MD2 must not be used there.
var hashes = [...]struct {
	name string
	hash crypto.Hash
}{
	SHA1:   {"sha-1", crypto.SHA1},
	SHA224: {"sha-224", crypto.SHA224},
	SHA256: {"sha-256", crypto.SHA256},
	SHA384: {"sha-384", crypto.SHA384},
	SHA512: {"sha-512", crypto.SHA512},
}

// String is the name in SDP: "sha-256".
func (h Hash) String() string {
	if int(h) < len(hashes) && h != NoHash {
		return hashes[h].name
	}
	return "none"
}

// Errors of ParseFingerprint.
var (
	// ErrHash: the hash function is none that is used here.
	ErrHash = errors.New("unknown hash function of a fingerprint")
	// ErrDigest: the digest is malformed, or of the wrong length for its hash.
	ErrDigest = errors.New("malformed fingerprint")
)

// ParseFingerprint reads the value of a=fingerprint: "sha-256 12:AB:…". Peers differ in
// case, and some write more than one space.
func ParseFingerprint(value string) (Fingerprint, error) {
	name, digest, _ := strings.Cut(strings.TrimSpace(value), " ")
	i := slices.IndexFunc(hashes[:], func(h struct {
		name string
		hash crypto.Hash
	}) bool {
		return h.name != "" && strings.EqualFold(h.name, name)
	})
	if i < 0 {
		return Fingerprint{}, fmt.Errorf("%w: %q", ErrHash, clip(name))
	}
	digest = strings.TrimSpace(digest)
	size := hashes[i].hash.Size()
	if len(digest) != 3*size-1 {
		return Fingerprint{}, fmt.Errorf("%w: %s has %d octets", ErrDigest, hashes[i].name, size)
	}
	raw := make([]byte, size)
	for k := range raw {
		pair := digest[3*k:]
		if _, err := hex.Decode(raw[k:k+1], []byte(pair[:2])); err != nil || k < size-1 && pair[2] != ':' {
			return Fingerprint{}, fmt.Errorf("%w: not hexadecimal octets with colons between them", ErrDigest)
		}
	}
	return Fingerprint{Hash: Hash(i), digest: string(raw)}, nil
}

func clip(s string) string {
	const most = 20
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// String is the value for SDP, in upper case as RFC 8122 asks for.
func (f Fingerprint) String() string {
	var b strings.Builder
	b.WriteString(f.Hash.String())
	for i := range len(f.digest) {
		sep := byte(':')
		if i == 0 {
			sep = ' '
		}
		b.WriteByte(sep)
		fmt.Fprintf(&b, "%02X", f.digest[i])
	}
	return b.String()
}

// fingerprint hashes a certificate in DER.
func fingerprint(h Hash, der []byte) Fingerprint {
	sum := hashes[h].hash.New()
	sum.Write(der)
	return Fingerprint{Hash: h, digest: string(sum.Sum(nil))}
}

// check compares a certificate in DER with what signalling told: it must match one of the
// fingerprints that have the best hash (RFC 8122, section 5). A worse one doesn't count, or
// who can forge the worst could choose it.
func check(told []Fingerprint, der []byte) error {
	best := NoHash
	for _, f := range told {
		best = max(best, f.Hash)
	}
	if best == NoHash {
		return &FingerprintError{}
	}
	got := fingerprint(best, der)
	for _, f := range told {
		if f.Hash == best && bytes.Equal([]byte(f.digest), []byte(got.digest)) {
			return nil
		}
	}
	return &FingerprintError{Told: told, Got: got}
}

// ErrFingerprint: the certificate isn't the one that signalling told of.
var ErrFingerprint = errors.New("the certificate of the media isn't the one that signalling named")

// FingerprintError tells which certificate came instead. It is ErrFingerprint.
type FingerprintError struct {
	Told []Fingerprint
	Got  Fingerprint
}

func (e *FingerprintError) Error() string {
	if len(e.Told) == 0 {
		return ErrFingerprint.Error() + ": signalling named none"
	}
	told := make([]string, len(e.Told))
	for i, f := range e.Told {
		told[i] = f.String()
	}
	return fmt.Sprintf("%v: expected %s, got %s; somebody between may be listening, or a proxy mixed up two calls",
		ErrFingerprint, strings.Join(told, " or "), e.Got)
}

// Is makes errors.Is(err, ErrFingerprint) true.
func (e *FingerprintError) Is(target error) bool { return target == ErrFingerprint }
