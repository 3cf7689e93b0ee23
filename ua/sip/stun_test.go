package sip

import (
	"bytes"
	"net/netip"
	"testing"
)

func TestSTUN(t *testing.T) {
	id := stunID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	ask := bindingRequest(id)
	if len(ask) != 20 || !isSTUN(ask) {
		t.Fatalf("% x", ask)
	}
	for _, at := range []string{"192.0.2.1:32853", "[2001:db8:1234:5678:11:2233:4455:6677]:32853"} {
		answer := bindingSuccess(id, netip.MustParseAddrPort(at))
		kind, got, mapped, ok := parseSTUN(answer)
		if !ok || kind != stunSuccess || got != id || mapped.String() != at {
			t.Errorf("%s: %x %v %v %v", at, kind, got, mapped, ok)
		}
	}
	// RFC 5769, section 2.2: a response with attributes that we don't read.
	sample := []byte("\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae" +
		"\x80\x22\x00\x0b\x74\x65\x73\x74\x20\x76\x65\x63\x74\x6f\x72\x20" +
		"\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43" +
		"\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53\xf0\x6b\xe7\xd7" +
		"\x80\x28\x00\x04\xc0\x7d\x4c\x96")
	if _, _, mapped, ok := parseSTUN(sample); !ok || mapped.String() != "192.0.2.1:32853" {
		t.Errorf("the RFC's sample: %v, %v", mapped, ok)
	}
	for _, sip := range []string{"OPTIONS sip:a SIP/2.0\r\nVia: x", "SIP/2.0 200 OK\r\n\r\n      ", ""} {
		if isSTUN([]byte(sip)) {
			t.Errorf("%q is taken for STUN", sip)
		}
	}
}

func FuzzSTUN(f *testing.F) {
	f.Add(bindingRequest(stunID{}))
	f.Add(bindingSuccess(stunID{}, netip.MustParseAddrPort("192.0.2.1:1")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		was := bytes.Clone(raw)
		kind, id, at, ok := parseSTUN(raw)
		if !bytes.Equal(raw, was) {
			t.Error("the input was changed")
		}
		if ok && kind == stunSuccess && at.IsValid() {
			if _, id2, at2, _ := parseSTUN(bindingSuccess(id, at)); id2 != id || at2 != at {
				t.Errorf("%v came back as %v", at, at2)
			}
		}
	})
}
