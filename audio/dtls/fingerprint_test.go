package dtls

import (
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func colons(digest []byte) string {
	return strings.ReplaceAll(fmt.Sprintf("% X", digest), " ", ":")
}

func TestParseFingerprint(t *testing.T) {
	octets := colons(make([]byte, 32))
	for _, c := range []struct {
		value string
		want  error
	}{
		{"sha-256 " + octets, nil},
		{"SHA-256 " + strings.ToLower(octets), nil},
		{" sha-256   " + octets + " ", nil},
		{"sha-1 " + colons(make([]byte, 20)), nil},
		{"sha-512 " + colons(make([]byte, 64)), nil},
		{"sha-1 " + octets, ErrDigest},
		{"sha-256 " + octets[:92], ErrDigest},
		{"sha-256 " + strings.ReplaceAll(octets, ":", " "), ErrDigest},
		{"sha-256 " + strings.ReplaceAll(octets, "0", "G"), ErrDigest},
		{"sha-256", ErrDigest},
		{"md5 " + colons(make([]byte, 16)), ErrHash}, // RFC 8122, section 5
		{"", ErrHash},
		{" ", ErrHash},
	} {
		f, err := ParseFingerprint(c.value)
		if !errors.Is(err, c.want) {
			t.Errorf("%q: error %v, want %v", c.value, err, c.want)
		}
		if err != nil && f != (Fingerprint{}) {
			t.Errorf("%q: a fingerprint beside the error", c.value)
		}
	}
}

// TestBestHash: one of those with the best hash must match; a worse one doesn't count
// (RFC 8122, section 5).
func TestBestHash(t *testing.T) {
	cert, err := NewCertificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	der := cert.cert.Certificate[0]
	one, two := sha1.Sum(der), sha256.Sum256(der)
	parse := func(value string) Fingerprint {
		f, err := ParseFingerprint(value)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	weak, good, wrong := parse("sha-1 "+colons(one[:])), parse("sha-256 "+colons(two[:])), parse("sha-256 "+colons(make([]byte, 32)))
	if good != cert.Fingerprint() {
		t.Errorf("fingerprint %v, want %v", cert.Fingerprint(), good)
	}
	for _, c := range []struct {
		name string
		told []Fingerprint
		ok   bool
	}{
		{"alone", []Fingerprint{good}, true},
		{"one of two certificates", []Fingerprint{wrong, good}, true},
		{"weak alone", []Fingerprint{weak}, true},
		{"weak and a wrong good one", []Fingerprint{weak, wrong}, false},
		{"wrong", []Fingerprint{wrong}, false},
		{"none", nil, false},
	} {
		if err := check(c.told, der); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrFingerprint) {
			t.Errorf("%s: error %v, want none: %t", c.name, err, c.ok)
		}
	}
}

func FuzzParseFingerprint(f *testing.F) {
	f.Add("sha-256 " + colons(make([]byte, 32)))
	f.Add("sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB")
	f.Add("sha-256 :")
	f.Add("md5 00")
	f.Fuzz(func(t *testing.T, value string) {
		p, err := ParseFingerprint(value)
		if err != nil {
			if p != (Fingerprint{}) {
				t.Errorf("%q: a fingerprint beside the error", value)
			}
			return
		}
		again, err := ParseFingerprint(p.String())
		if err != nil || again != p {
			t.Errorf("%q: written as %q, which reads as %v, %v", value, p, again, err)
		}
	})
}
