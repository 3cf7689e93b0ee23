package srtp

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// A second implementation of the standards, from their text and the standard library alone.
// It is held against their vectors, and the package against it: the vectors begin at session
// keys, which no packet of ours shows.

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

// stream is n octets of AES in counter mode from iv.
func stream(key, iv []byte, n int) []byte {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	out := make([]byte, n)
	cipher.NewCTR(b, iv).XORKeyStream(out, out)
	return out
}

// derive is RFC 3711, section 4.3.1, with a key derivation rate of 0.
func derive(master, salt []byte, label byte, n int) []byte {
	x := make([]byte, 16)
	copy(x, salt) // of 12 octets: padded with zeros (RFC 7714, section 11)
	x[7] ^= label
	return stream(master, x, n)
}

type session struct{ cipher, salt, auth []byte }

func sessionOf(s Suite, octets []byte, first byte) session {
	key, salt := octets[:s.KeySize()], octets[s.KeySize():]
	return session{derive(key, salt, first, s.KeySize()), derive(key, salt, first+2, s.SaltSize()), derive(key, salt, first+1, 20)}
}

func xorAt(iv []byte, at int, v ...byte) {
	for i, b := range v {
		iv[at+i] ^= b
	}
}

func be32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

func sha(key []byte, n int, parts ...[]byte) []byte {
	h := hmac.New(sha1.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)[:n]
}

func (s Suite) aead() bool { return s == AES128GCM || s == AES256GCM }

func (s Suite) tag() int {
	if s == AES128CM32 || s == AES256CM32 {
		return 4
	}
	return 10
}

func gcm(key []byte) cipher.AEAD {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	g, err := cipher.NewGCM(b)
	if err != nil {
		panic(err)
	}
	return g
}

// rtp protects a packet whose header has 12 octets.
func (k session) rtp(s Suite, packet []byte, roc uint32) []byte {
	head, body := packet[:12], packet[12:]
	ssrc, seq := packet[8:12], packet[2:4]
	if s.aead() { // RFC 7714, section 8.1
		iv := bytes.Clone(k.salt)
		xorAt(iv, 2, ssrc...)
		xorAt(iv, 6, be32(roc)...)
		xorAt(iv, 10, seq...)
		return gcm(k.cipher).Seal(bytes.Clone(head), iv, body, head)
	}
	iv := append(bytes.Clone(k.salt), 0, 0) // RFC 3711, section 4.1.1
	xorAt(iv, 4, ssrc...)
	xorAt(iv, 8, be32(roc)...)
	xorAt(iv, 12, seq...)
	out := bytes.Clone(head)
	for i, b := range stream(k.cipher, iv, len(body)) {
		out = append(out, body[i]^b)
	}
	return append(out, sha(k.auth, s.tag(), out, be32(roc))...)
}

// rtcp protects a compound packet.
func (k session) rtcp(s Suite, packet []byte, index uint32) []byte {
	head, body, ssrc := packet[:8], packet[8:], packet[4:8]
	flagged := be32(index | 1<<31)
	if s.aead() { // RFC 7714, section 9.1
		iv := bytes.Clone(k.salt)
		xorAt(iv, 2, ssrc...)
		xorAt(iv, 8, be32(index)...)
		out := gcm(k.cipher).Seal(bytes.Clone(head), iv, body, append(bytes.Clone(head), flagged...))
		return append(out, flagged...)
	}
	iv := append(bytes.Clone(k.salt), 0, 0)
	xorAt(iv, 4, ssrc...)
	xorAt(iv, 10, be32(index)...) // the index is i, of 48 bits
	out := bytes.Clone(head)
	for i, b := range stream(k.cipher, iv, len(body)) {
		out = append(out, body[i]^b)
	}
	out = append(out, flagged...)
	return append(out, sha(k.auth, 10, out)...) // always of 80 bits (RFC 3711, section 5.2)
}

// RFC 3711, appendix B.3, and RFC 6188, section 7.2.
func TestReferenceDerivesTheKeysOfTheRFCs(t *testing.T) {
	for _, v := range []struct {
		suite                      Suite
		master, cipher, salt, auth string
	}{
		{AES128CM80, "E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6",
			"C61E7A93744F39EE10734AFE3FF7A087", "30CBBC08863D8C85D49DB34A9AE1", "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"},
		{AES256CM80, "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6 3b04803de51ee7c96423ab5b78d2",
			"5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4", "fa31791685ca444a9e07c6c64e93", "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"},
	} {
		k := sessionOf(v.suite, unhex(v.master), 0)
		if !bytes.Equal(k.cipher, unhex(v.cipher)) || !bytes.Equal(k.salt, unhex(v.salt)) || !bytes.Equal(k.auth, unhex(v.auth)) {
			t.Errorf("%v: % x", v.suite, k)
		}
	}
}

// RFC 3711, appendix B.2, and RFC 6188, section 7.1: the key stream.
func TestReferenceCountsAsTheRFCs(t *testing.T) {
	for _, v := range []struct {
		suite             Suite
		key, salt, stream string
	}{
		{AES128CM80, "2B7E151628AED2A6ABF7158809CF4F3C", "F0F1F2F3F4F5F6F7F8F9FAFBFCFD",
			"E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0"},
		{AES256CM80, "57f82fe3613fd170a85ec93c40b1f092 2ec4cb0dc025b58272147cc438944a98", "f0f1f2f3f4f5f6f7f8f9fafbfcfd",
			"92bdd28a93c3f52511c677d08b5515a4 9da71b2378a854f67050756ded165bac 63c4868b7096d88421b563b8c94c9a31"},
	} {
		want := unhex(v.stream)
		k := session{unhex(v.key), unhex(v.salt), make([]byte, 20)}
		packet := append(unhex("800f0000 decafbad 00000000"), make([]byte, len(want))...)
		if got := k.rtp(v.suite, packet, 0)[12:]; !bytes.Equal(got[:len(want)], want) {
			t.Errorf("%v: % x", v.suite, got)
		}
	}
}

// RFC 7714, sections 16 and 17.
func TestReferenceSealsAsRFC7714(t *testing.T) {
	rtpPlain := unhex(`8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
		69736120 696e2070 61727465 73207472 6573`)
	rtcpPlain := unhex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
		deadbeef deadbeef deadbeef deadbeef deadbeef`)
	for _, v := range []struct {
		suite          Suite
		key, rtp, rtcp string
	}{
		{AES128GCM, "000102030405060708090a0b0c0d0e0f",
			`8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5
			0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`,
			`81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d
			c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4`},
		{AES256GCM, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
			`8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238
			9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13`,
			`81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50
			a2eaa5c1 110555be 8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4`},
	} {
		k := session{cipher: unhex(v.key), salt: unhex("517569642070726f2071756f")}
		if got := k.rtp(v.suite, rtpPlain, 0); !bytes.Equal(got, unhex(v.rtp)) {
			t.Errorf("%v: RTP % x", v.suite, got)
		}
		if got := k.rtcp(v.suite, rtcpPlain, 0x5d4); !bytes.Equal(got, unhex(v.rtcp)) {
			t.Errorf("%v: RTCP % x", v.suite, got)
		}
	}
}

// What the package puts on the wire is what the reference does, for each suite, over a
// rollover; and the one opens what the other sealed.
func TestSealerAndOpenerAgreeWithTheReference(t *testing.T) {
	for _, suite := range Suites() {
		t.Run(suite.String(), func(t *testing.T) {
			k := RandomKey(suite)
			seal, open := mustSealer(t, k), mustOpener(t, k)
			media, control := sessionOf(suite, k.Octets(), 0), sessionOf(suite, k.Octets(), 3)
			roc := uint32(0)
			for i := range 6 {
				seq := uint16(65533 + i)
				if seq == 0 {
					roc++
				}
				plain := packet(seq, 0xcafebabe, bytes.Repeat([]byte{byte(i)}, 20+i))
				want := media.rtp(suite, plain, roc)
				got, err := seal.RTP(append(make([]byte, 0, 200), plain...))
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("RTP %d: % x, want % x: %v", seq, got, want, err)
				}
				if back, err := open.RTP(make([]byte, 200), want); err != nil || !bytes.Equal(back, plain) {
					t.Fatalf("RTP %d: % x: %v", seq, back, err)
				}
			}
			for index := uint32(1); index < 4; index++ {
				plain := report(0xcafebabe, 24)
				want := control.rtcp(suite, plain, index)
				got, err := seal.RTCP(nil, plain)
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("RTCP %d: % x, want % x: %v", index, got, want, err)
				}
				if back, err := open.RTCP(nil, want); err != nil || !bytes.Equal(back, plain) {
					t.Fatalf("RTCP %d: % x: %v", index, back, err)
				}
			}
		})
	}
}

func mustSealer(t testing.TB, k Key) *Sealer {
	t.Helper()
	s, err := NewSealer(k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustOpener(t testing.TB, k Key) *Opener {
	t.Helper()
	o, err := NewOpener(k)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func packet(seq uint16, ssrc uint32, payload []byte) []byte {
	p := []byte{0x80, 0, byte(seq >> 8), byte(seq), 0, 0, 1, 0}
	return append(append(p, be32(ssrc)...), payload...)
}

// report is a receiver report with n octets behind its header.
func report(ssrc uint32, n int) []byte {
	return append(append([]byte{0x81, 201, 0, byte(1 + n/4)}, be32(ssrc)...), bytes.Repeat([]byte{7}, n)...)
}

func TestSuites(t *testing.T) {
	for _, s := range Suites() {
		if got, ok := ParseSuite(s.String()); !ok || got != s {
			t.Errorf("%v is read as %v", s, got)
		}
		if got, ok := SuiteOf(s.ID()); !ok || got != s {
			t.Errorf("%v has number %d, that of %v", s, s.ID(), got)
		}
	}
	if len(Suites()) != numSuites-1 {
		t.Error("Suites is not all")
	}
	for _, name := range []string{"", "none", "unknown", "F8_128_HMAC_SHA1_80", "aes_cm_128_hmac_sha1_80"} {
		if s, ok := ParseSuite(name); ok {
			t.Errorf("%q is %v", name, s)
		}
	}
	if _, ok := SuiteOf(0); ok {
		t.Error("0 is a suite")
	}
	if fmt.Sprint(Suite(99)) != "unknown" || Suite(99).KeySize() != 0 {
		t.Error("an unknown suite")
	}
}
