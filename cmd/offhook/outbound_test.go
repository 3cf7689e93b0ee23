package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/sip"
)

var learnt = ua.Registration{
	Account: "work", AOR: "sip:alice@example.org", State: ua.Registered, Expires: time.Minute, Contact: "sip:alice@192.0.2.7",
	Instance: "urn:uuid:1", PubGRUU: "sip:alice@example.org;gr=urn:uuid:1", TempGRUU: "sip:t@example.org;gr",
	ServiceRoute: []string{"<sip:home.example.org;lr>"}, Path: []string{"<sip:edge.example.org;lr>"},
	Flows: []ua.Flow{
		{RegID: 1, Proxy: "sip:edge.example.org", State: ua.Registered, Outbound: true, Timer: 30 * time.Second, Target: sip.Target{Transport: sip.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:5060")}},
		{RegID: 2, Proxy: "sip:edge2.example.org", State: ua.RegFailed, Err: errors.New("nobody there")},
	},
	Warnings: []string{"our Via came back otherwise"},
}

// What a registrar told is printed for a person and for a program.
func TestLearntIsPrinted(t *testing.T) {
	var text, lines bytes.Buffer
	e := ua.RegistrationChanged{Meta: ua.Meta{Time: time.Unix(0, 0).UTC()}, Registration: learnt}
	newPrinter(&text, false).registration(e)
	for _, want := range []string{
		"work registered for 1m0s\n", "GRUU          sip:alice@example.org;gr=urn:uuid:1\n", "private GRUU  sip:t@example.org;gr\n",
		"service route <sip:home.example.org;lr>\n", "path          <sip:edge.example.org;lr>\n",
		"flow 1        registered at tcp:192.0.2.1:5060 through sip:edge.example.org, kept open: never silent for more than 30s\n",
		"flow 2        failed through sip:edge2.example.org: nobody there\n", "warning       our Via came back otherwise\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("it doesn't say %q:\n%s", want, &text)
		}
	}
	newPrinter(&lines, true).registration(e)
	var got registeredEvent
	if err := json.Unmarshal([]byte(strings.Split(strings.TrimSpace(lines.String()), "\n")[1]), &got); err != nil {
		t.Fatal(err)
	}
	if got.PubGRUU != learnt.PubGRUU || got.TempGRUU != learnt.TempGRUU || len(got.Flows) != 2 || got.Flows[0].FlowTimerS != 30 ||
		!got.Flows[0].Outbound || got.Flows[1].Error != "nobody there" || len(got.Warnings) != 1 || len(got.Path) != 1 || got.Instance != "urn:uuid:1" {
		t.Errorf("JSON: %s", &lines)
	}
	// A plain registration has nothing to add.
	plain := ua.Registration{State: ua.Registered, Flows: []ua.Flow{{RegID: 1, State: ua.Registered}}}
	if s := learntLines(plain); s != "" {
		t.Errorf("a plain registration says %q", s)
	}
}

func TestOutboundOfTheConfiguration(t *testing.T) {
	for _, c := range []struct {
		outbound, gruu string
		want           ua.OutboundMode
		wantGRUU       ua.GRUUMode
	}{
		{"", "", ua.OutboundAuto, ua.GRUUAuto}, {"auto", "auto", ua.OutboundAuto, ua.GRUUAuto},
		{"on", "off", ua.OutboundOn, ua.GRUUOff}, {"off", "on", ua.OutboundOff, ua.GRUUOn},
	} {
		var out ua.Account
		(&app{}).outbound(config.Account{Outbound: c.outbound, GRUU: c.gruu, Instance: "urn:x:y", Retry: time.Minute}, &out)
		if out.Outbound != c.want || out.GRUU != c.wantGRUU || out.Instance != "urn:x:y" || out.RetryBase != time.Minute {
			t.Errorf("%q, %q: %+v", c.outbound, c.gruu, out)
		}
	}
}
