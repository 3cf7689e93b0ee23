package sip

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// crlf writes a message with the line ends of the wire.
func crlf(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n")) }

func TestNormalise(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
	}{
		{
			"folded lines (catalogue 1, RFC 3261 7.3.1)",
			"OPTIONS sip:a@b SIP/2.0\r\nSubject: one\r\n\t two\r\n  three\r\n\r\n",
			"OPTIONS sip:a@b SIP/2.0\r\nSubject: one two three\r\nContent-Length: 0\r\n\r\n",
		}, {
			"several values in one line (catalogue 2)",
			"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;x=\"a,b\", SIP/2.0/TCP i\r\nRoute: <sip:p;lr>,<sip:q,r;lr>\r\n\r\n",
			"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;x=\"a,b\"\r\nVia: SIP/2.0/TCP i\r\nRoute: <sip:p;lr>\r\nRoute: <sip:q,r;lr>\r\nContent-Length: 0\r\n\r\n",
		}, {
			"compact names (catalogue 3)",
			"INFO sip:a@b SIP/2.0\r\nv:SIP/2.0/UDP h\r\nk: timer\r\nr: <sip:c@d>\r\nb: <sip:e@f>\r\nX : keep\r\nl: 2\r\n\r\nhi",
			"INFO sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nSupported: timer\r\nRefer-To: <sip:c@d>\r\nReferred-By: <sip:e@f>\r\nSession-Expires: keep\r\nContent-Length: 2\r\n\r\nhi",
		}, {
			"bare line feeds",
			"OPTIONS sip:a@b SIP/2.0\nTo: <sip:a@b>\n\nbody",
			"OPTIONS sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\nContent-Length: 4\r\n\r\nbody",
		}, {
			"status line without a reason",
			"SIP/2.0 200\r\n\r\n", "SIP/2.0 200 \r\nContent-Length: 0\r\n\r\n",
		}, {
			"reason that looks like a version",
			"SIP/2.0 400 SIP-Error\r\n\r\n", "SIP/2.0 400 SIP-Error \r\nContent-Length: 0\r\n\r\n",
		}, {
			"spacing around the version (RFC 4475 3.1.1.1)",
			"INVITE  sip:a@b;p   SIP / 2.0  \r\n\r\n", "INVITE sip:a@b;p SIP/2.0\r\nContent-Length: 0\r\n\r\n",
		}, {
			"response with spacing and lower case",
			"sip/ 2.0\t180  Ringing now\r\n\r\n", "SIP/2.0 180 Ringing now\r\nContent-Length: 0\r\n\r\n",
		}, {
			"body longer than Content-Length (catalogue 4)",
			"INFO sip:a@b SIP/2.0\r\nContent-Length: 2\r\n\r\nhi there", "INFO sip:a@b SIP/2.0\r\nContent-Length: 2\r\n\r\nhi",
		}, {
			"empty lines before, no empty line after",
			"\r\n\r\nINFO sip:a@b SIP/2.0\r\nTo: x", "INFO sip:a@b SIP/2.0\r\nTo: x\r\nContent-Length: 0\r\n\r\n",
		}, {
			"lines that are no header are left out (RFC 3261 8.2)",
			"INFO sip:a@b SIP/2.0\r\nwhat is this\r\nbad name: x\r\n: y\r\nOk: z\r\n\r\n",
			"INFO sip:a@b SIP/2.0\r\nOk: z\r\nContent-Length: 0\r\n\r\n",
		}, {
			"a lone CR can't make a line",
			"INFO sip:a@b SIP/2.0\r\nSubject: a\rVia: evil\r\n\r\n",
			"INFO sip:a@b SIP/2.0\r\nSubject: a Via: evil\r\nContent-Length: 0\r\n\r\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := normalise([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Fatalf("got\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}

func TestNormaliseRefuses(t *testing.T) {
	for _, c := range []struct {
		name, in string
		code     int
	}{
		{"nothing", "\r\n\r\n", 400},
		{"no SIP", "GET / HTTP/1.1\r\n\r\n", 400},
		{"other version", "OPTIONS sip:a@b SIP/7.0\r\n\r\n", 505},
		{"other version in a response", "SIP/3.0 200 OK\r\n\r\n", 505},
		{"space in the URI (RFC 4475 3.1.2.9)", "INVITE sip:a@b; lr SIP/2.0\r\n\r\n", 400},
		{"brackets around the URI (RFC 4475 3.1.2.7)", "INVITE <sip:a@b> SIP/2.0\r\n\r\n", 400},
		{"status code out of range", "SIP/2.0 4294967301 OK\r\n\r\n", 400},
		{"negative length (RFC 4475 3.1.2.3)", "INFO sip:a@b SIP/2.0\r\nContent-Length: -999\r\n\r\n", 400},
		{"body cut off (RFC 4475 3.1.2.2)", "INFO sip:a@b SIP/2.0\r\nContent-Length: 9\r\n\r\nshort", 400},
		{"two lengths", "INFO sip:a@b SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\nhi", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := normalise([]byte(c.in))
			var pe *ParseError
			if !errors.As(err, &pe) || pe.Code != c.code || got != nil {
				t.Fatalf("got %q, %v; want a ParseError with code %d", got, err, c.code)
			}
		})
	}
}

// seeds are messages as the field sends them, and some that it shouldn't.
var seeds = []string{
	"INVITE sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bKa;rport\r\nMax-Forwards: 70\r\nFrom: \"A, \\\"B\\\"\" <sip:alice@h>;tag=1\r\nTo: <sip:bob@h>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@127.0.0.1:5062;ob>;+sip.instance=\"<urn:uuid:1;2>\"\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0",
	"SIP/2.0 200\r\nv: SIP/2.0/TCP [::1]:5060;branch=z9hG4bKb\r\nf: sip:a@b;Tag=x\r\nt: sip:c@d;tag=y\r\ni: 1@2\r\nCSeq: 7   OPTIONS\r\nl:0\r\n\r\n",
	// RFC 4475, section 3.1.1.1.
	"INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\nTO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\nfrom   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\nMaX-fOrWaRdS: 0068\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\nContent-Length   : 4\r\ncseq: 0009\r\n  INVITE\r\nVia  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\ns :\r\nNewFangledHeader:   newfangled value\r\n continued newfangled value\r\nUnknownHeaderWithUnusualValue: ;;,,;;,;\r\nContent-Type: application/sdp\r\nRoute:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\nv:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\nm:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = 0.33\r\n\r\nbody",
	"OPTIONS sip:a@b SIP/2.0\n\n", "\r\n\r\n", "SIP/2.0 100 Trying\r\n", "ACK * SIP/2.0\r\nCSeq: 1 ACK\r\n\r\n",
	"REGISTER tel:+1 SIP/2.0\r\nContact: *\r\nVia: SIP/2.0/UDP [::1;branch=1\r\n\r\n",
}

func FuzzNormalise(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := normalise(data)
		if err != nil {
			if once != nil {
				t.Fatal("bytes with an error")
			}
			return
		}
		head, _, ok := bytes.Cut(once, []byte("\r\n\r\n"))
		if !ok {
			t.Fatalf("no end of headers in %q", once)
		}
		for i, line := range bytes.Split(head, []byte("\r\n")) {
			if bytes.ContainsAny(line, "\r\n") || len(line) == 0 || i > 0 && (line[0] == ' ' || !bytes.Contains(line, []byte(": "))) {
				t.Fatalf("line %d isn't canonical: %q", i, line)
			}
		}
		twice, err := normalise(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("not idempotent: %v\n%q\n%q", err, once, twice)
		}
	})
}

func FuzzParseMessage(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	for _, v := range verdicts(f) {
		f.Add(v.raw(f))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		msg, err := ParseMessage(data)
		if err != nil {
			if msg != nil {
				t.Fatal("a message with an error")
			}
			if strings.Contains(err.Error(), "gave up") {
				t.Fatalf("panic: %v", err)
			}
			return
		}
		// What was read is written so that it reads the same again.
		text := msg.String()
		again, err := ParseMessage([]byte(text))
		if err != nil {
			t.Fatalf("what was written can't be read: %v\n%q\nfrom %q", err, text, data)
		}
		if got := again.String(); got != text {
			t.Fatalf("the round trip changes\n%q\nto\n%q", text, got)
		}
		if a, b := clientKey(msg), clientKey(again); a != b {
			t.Fatalf("transaction key %q becomes %q", a, b)
		}
		if req, ok := msg.(*Request); ok {
			if a, b := serverKey(req), serverKey(again.(*Request)); a != b {
				t.Fatalf("transaction key %q becomes %q", a, b)
			}
			if res := NewResponse(req, 180, ""); res.To() == nil || res.Via() == nil {
				t.Fatal("a response without To or Via")
			}
		}
	})
}

func FuzzFramer(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), uint8(7))
	}
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		// How a stream is cut into reads must not change what is in it.
		whole, split := frames(data, len(data)+1), frames(data, int(step)+1)
		if strings.Join(whole, "|") != strings.Join(split, "|") {
			t.Fatalf("in one read %q, in pieces of %d %q", whole, step+1, split)
		}
	})
}

// frames reads a stream in pieces and lists what is in it.
func frames(data []byte, step int) []string {
	var fr framer
	var out []string
	for len(data) > 0 {
		n := min(step, len(data))
		fr.write(data[:n])
		data = data[n:]
		for more := true; more; {
			kind, frame, err := fr.next()
			switch {
			case err != nil:
				return append(out, "error")
			case kind == frameNone:
				more = false
			case kind == framePing:
				out = append(out, "ping")
			case kind == framePong: // half a ping may be told as one before its other half comes
			default:
				out = append(out, string(frame))
			}
		}
	}
	return out
}

// A body that drips in costs its bytes, and not the whole header section for each of them.
func TestFramerDripping(t *testing.T) {
	var f framer
	f.write([]byte("MESSAGE sip:a@b SIP/2.0\r\n" + strings.Repeat("X-Long: header\r\n", 2000) + "Content-Length: 5000\r\n\r\n"))
	f.buf = append(make([]byte, 0, 2*maxMessage), f.buf...) // growing isn't what is measured
	if kind, _, err := f.next(); kind != frameNone || err != nil {
		t.Fatal(kind, err)
	}
	one := []byte("x")
	if n := testing.AllocsPerRun(4000, func() {
		f.write(one)
		if kind, _, err := f.next(); kind != frameNone || err != nil {
			t.Fatal(kind, err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for a byte", n)
	}
	f.write([]byte(strings.Repeat("x", 5000)))
	if kind, m, err := f.next(); kind != frameMessage || len(m) < 5000 || err != nil {
		t.Errorf("%v, %d bytes, %v", kind, len(m), err)
	}
}
