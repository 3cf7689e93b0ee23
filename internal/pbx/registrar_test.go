package pbx

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"offhook/ua/sip"
)

func TestReadRegistration(t *testing.T) {
	for _, c := range []struct {
		name string
		more []string
		want string // contacts "uri q seconds", "all", or the refusal's code
	}{
		{"a query", nil, ""},
		{"Expires for all", []string{"Contact: <sip:al@h:1>", "Expires: 120"}, "sip:al@h:1 1000 120"},
		{"the Contact's own goes first", []string{"Contact: <sip:al@h:1>;expires=60", "Expires: 120"}, "sip:al@h:1 1000 60"},
		{"neither", []string{"Contact: <sip:al@h:1>"}, "sip:al@h:1 1000 3600"},
		{"expires that is no number", []string{"Contact: <sip:al@h:1>;expires=soon"}, "sip:al@h:1 1000 3600"},
		{"several in one line and compact", []string{"m: <sip:al@h:1>;q=0.5, <sip:al@h:2>;q=0.25;expires=0"}, "sip:al@h:1 500 3600,sip:al@h:2 250 0"},
		{"without brackets the parameters are the header's", []string{"Contact: sip:al@h:1;expires=77"}, "sip:al@h:1 1000 77"},
		{"star", []string{"Contact: *", "Expires: 0"}, "all"},
		{"star without Expires 0", []string{"Contact: *"}, "400"},
		{"star and another", []string{"Contact: *, <sip:al@h:1>", "Expires: 0"}, "400"},
		{"q beyond 1", []string{"Contact: <sip:al@h:1>;q=1.5"}, "400"},
		{"q that is no number", []string{"Contact: <sip:al@h:1>;q=NaN"}, "400"},
		{"a contact that isn't SIP", []string{"Contact: <mailto:al@h>"}, "400"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := basic(t, "REGISTER", "sip:127.0.0.1:5070", "", c.more...)
			r, d := readRegistration(req, testRouter.domain, testLimits, sip.Target{})
			var got []string
			for _, x := range r.contacts {
				got = append(got, fmt.Sprintf("%s %d %d", x.uri.String(), x.q, int(x.expires.Seconds())))
			}
			if r.all {
				got = append(got, "all")
			}
			if d != nil {
				got = []string{decisionText(d)}
			}
			if strings.Join(got, ",") != c.want {
				t.Errorf("read %q, want %q", strings.Join(got, ","), c.want)
			}
			if d == nil && (r.aor != "bo" || r.cseq != 7 || r.callID != "call-1") {
				t.Errorf("read aor %q, CSeq %d, Call-ID %q", r.aor, r.cseq, r.callID)
			}
		})
	}
}

func TestReadRegistrationElsewhere(t *testing.T) {
	req := request(t, "REGISTER sip:127.0.0.1:5070 SIP/2.0", "Via: SIP/2.0/UDP h;branch=z9hG4bK1",
		"From: <sip:al@example.com>;tag=f", "To: <sip:al@example.com>", "Call-ID: 1", "CSeq: 1 REGISTER")
	if _, d := readRegistration(req, testRouter.domain, testLimits, sip.Target{}); decisionText(d) != "404" {
		t.Errorf("another domain's address of record: %s, want 404", decisionText(d))
	}
}

func TestContactValue(t *testing.T) {
	now := time.Unix(1e9, 0)
	b := binding{uri: mustURI(t, "sip:al@h:1;transport=tcp"), q: 250, instance: "<urn:uuid:1>", regID: "1", expires: now.Add(59*time.Second + time.Millisecond)}
	const want = `<sip:al@h:1;transport=tcp>;expires=60;q=0.25;+sip.instance="<urn:uuid:1>";reg-id=1`
	if got := contactValue(b, now); got != want {
		t.Errorf("contactValue = %s, want %s", got, want)
	}
}

func TestRegisterFailure(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{tooBrief{90 * time.Second}, "423 Min-Expires: 90"},
		{tooMany{10}, "403"},
		{outOfOrder{}, "500"},
	} {
		if got := decisionText(registerFailure(c.err)); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
}
