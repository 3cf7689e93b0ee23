package sip

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// verdict is a line of testdata/verdicts.txt.
type verdict struct{ file, section, parser, phone, why string }

func verdicts(t testing.TB) []verdict {
	t.Helper()
	f, err := os.Open("testdata/verdicts.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []verdict
	for lines := bufio.NewScanner(f); lines.Scan(); {
		w := strings.Fields(lines.Text())
		if len(w) < 5 || w[0] == "#" {
			continue
		}
		out = append(out, verdict{w[0], w[1], w[2], w[3], strings.Join(w[4:], " ")})
	}
	return out
}

func (v verdict) raw(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", v.file+".sip"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Each message of RFC 4475 and RFC 5118 gets the verdict that its RFC gives.
func TestVerdicts(t *testing.T) {
	all := verdicts(t)
	if len(all) != 49+12 {
		t.Errorf("%d messages; RFC 4475 has 49, RFC 5118 has 12", len(all))
	}
	for _, v := range all {
		t.Run(v.file, func(t *testing.T) {
			raw := v.raw(t)
			msg, err := ParseMessage(raw)
			isResponse := bytes.HasPrefix(raw, []byte("SIP/"))
			got := "ok"
			switch {
			case err != nil && isResponse:
				got = "drop"
			case err != nil:
				got = strconv.Itoa(codeOf(err))
			}
			if got != v.parser {
				t.Fatalf("RFC section %s, %s: %s (%v), want %s", v.section, v.why, got, err, v.parser)
			}
			// What is refused is answered as the verdict says, and a response never.
			inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
				peer.send(string(raw))
				answers := peer.texts()
				switch {
				case got == "ok" || got == "drop":
					if len(answers) != 0 && !strings.HasPrefix(answers[0], "SIP/2.0 100") {
						t.Errorf("answered with %q", answers)
					}
				case len(answers) != 1 || !strings.HasPrefix(answers[0], "SIP/2.0 "+v.parser+" "):
					t.Errorf("answered with %q, want %s", answers, v.parser)
				}
			})
			if msg == nil {
				return
			}
			again, err := ParseMessage([]byte(msg.String()))
			if err != nil || again.String() != msg.String() {
				t.Errorf("written and read again: %v\n%s\n%s", err, msg, again)
			}
		})
	}
}

// What is found in some of them.
func TestVerdictDetails(t *testing.T) {
	get := func(file string) Message {
		return parse(t, string(verdict{file: file}.raw(t)))
	}
	req := func(file string) *Request { return get(file).(*Request) }
	for what, c := range map[string][2]string{
		"method is as it was sent":         {string(req("rfc4475/esc02").Method), "RE%47IST%45R"},
		"method of all characters":         {string(req("rfc4475/intmeth").Method), "!interesting-Method0123456789_*+`.%indeed'~"},
		"user with everything":             {req("rfc4475/intmeth").Recipient.User, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"},
		"password with everything":         {req("rfc4475/intmeth").Recipient.Password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"},
		"display name with controls":       {req("rfc4475/intmeth").To().DisplayName, "BEL:\\\a NUL:\\\x00 DEL:\\\x7f"},
		"user with escapes":                {req("rfc4475/esc01").Recipient.User, "sips%3Auser%40example.com"},
		"unknown header":                   {HeaderValue(req("rfc4475/esc02"), "C%6Fntact"), "<sip:alias2@host2.example.com>"},
		"display name before <":            {req("rfc4475/lwsdisp").From().DisplayName, "caller"},
		"body ends where it should":        {string(req("rfc4475/dblreq").Body()), ""},
		"user with a semicolon":            {req("rfc4475/semiuri").Recipient.User, "user;par=u%40example.net"},
		"number of Vias":                   {strconv.Itoa(len(HeaderValues(req("rfc4475/transports"), "Via"))), "5"},
		"transport of a Via":               {req("rfc4475/transports").Via().Transport, "UDP"},
		"reason phrase":                    {get("rfc4475/unreason").(*Response).Reason, "= 2**3 * 5**2 но сто девяносто девять - простое"},
		"no reason phrase":                 {get("rfc4475/noreason").(*Response).Reason, ""},
		"header's parameter":               {strconv.FormatBool(req("rfc4475/cparam01").Contact().Params.Has("unknownparam")), "true"},
		"and not the URI's":                {strconv.FormatBool(req("rfc4475/cparam01").Contact().Address.UriParams.Has("unknownparam")), "false"},
		"URI's parameter":                  {strconv.FormatBool(req("rfc4475/cparam02").Contact().Address.UriParams.Has("unknownparam")), "true"},
		"URI's header":                     {strconv.FormatBool(req("rfc4475/regescrt").Contact().Address.Headers.Has("Route")), "true"},
		"tag of a caller from before":      {Tag(req("rfc4475/inv2543").From()), ""},
		"address, no port":                 {req("rfc5118/port-ambiguous").Recipient.Host + strconv.Itoa(req("rfc5118/port-ambiguous").Recipient.Port), "[2001:db8::10:5070]0"},
		"address and port":                 {req("rfc5118/port-unambiguous").Recipient.Host + strconv.Itoa(req("rfc5118/port-unambiguous").Recipient.Port), "[2001:db8::10]5070"},
		"one colon too many":               {req("rfc5118/ipv6-bug-abnf-3-colons").Recipient.Host, "[2001:db8::192.0.2.1]"},
		"unknown scheme":                   {req("rfc4475/unkscm").Recipient.String(), "nobodyknowsthisscheme:totallyopaquecontent"},
		"scheme of another house":          {req("rfc4475/novelsc").Recipient.String(), "soap.beep://192.0.2.103:3002"},
		"unknown scheme without brackets":  {req("rfc4475/unksm2").To().Address.String(), "isbn:2983792873"},
		"unknown scheme with slashes":      {req("rfc4475/unksm2").From().Address.String(), "http://www.example.com"},
		"unknown scheme in a Contact":      {HeaderValue(req("rfc4475/unksm2"), "Contact"), "<name:John_Smith>"},
		"a comma in a bare display name":   {req("rfc4475/baddn").From().Address.Host, "example.com"},
		"display name of a bare quotation": {req("rfc4475/baddn").From().DisplayName, "Bell, Alexander"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %q, want %q", what, c[0], c[1])
		}
	}
}
