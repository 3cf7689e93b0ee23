package main

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"offhook/config"
	"offhook/nat/ice"
	"offhook/ua"
)

func iceOn(state ua.ICEState, local, remote ice.Candidate, err error) ua.ICEChanged {
	return ua.ICEChanged{Call: ua.CallInfo{ID: 7, Account: "work", ICE: ua.ICEInfo{
		State: state, Role: ua.ICEControlling, Local: local, Remote: remote, Err: err, Candidates: []ice.Candidate{local},
	}}}
}

// TestICEEvent shows what programs and persons are told of a call's way.
func TestICEEvent(t *testing.T) {
	at := netip.MustParseAddrPort
	host := ice.Candidate{Type: ice.Host, Addr: at("192.0.2.1:4000")}
	mapped := ice.Candidate{Type: ice.ServerReflexive, Addr: at("198.51.100.7:6000"), Related: at("10.0.0.2:4000")}
	relay := ice.Candidate{Type: ice.Relayed, Addr: at("203.0.113.5:5000"), Related: at("0.0.0.0:9")}
	for _, c := range []struct {
		e    ua.ICEChanged
		line string
		json []string
	}{
		{iceOn(ua.ICEChecking, host, ice.Candidate{}, nil), "", []string{`"state":"checking"`, `"role":"controlling"`}},
		{iceOn(ua.ICEConnected, mapped, host, nil), "call 7: audio goes from 198.51.100.7:6000 (a NAT's) to 192.0.2.1:4000",
			[]string{`"local":{"type":"srflx","addr":"198.51.100.7:6000","related":"10.0.0.2:4000"}`, `"remote":{"type":"host","addr":"192.0.2.1:4000"}`}},
		{iceOn(ua.ICEConnected, relay, host, nil), "call 7: audio goes from the relay 203.0.113.5:5000 to 192.0.2.1:4000", []string{`"local":{"type":"relay","addr":"203.0.113.5:5000"}`}},
		{iceOn(ua.ICEDisconnected, host, host, ice.ErrConsent), "call 7: the way is broken (the other side has stopped answering), another is looked for", []string{`"error":"the other side has stopped answering"`}},
		{iceOn(ua.ICEFailed, host, host, errors.New("no way")), "call 7: no way", []string{`"state":"failed"`}},
		{iceOn(ua.ICEUnsupported, relay, host, nil), "call 7: the other side doesn't speak ICE; audio goes through the relay at 203.0.113.5:5000", []string{`"state":"unsupported"`}},
		{iceOn(ua.ICEMismatched, ice.Candidate{}, host, nil), "call 7: something on the way rewrites addresses, so ICE is left out", []string{`"state":"mismatch"`}},
		{iceOn(ua.ICEUnused, relay, host, nil), "call 7: audio goes through the relay at 203.0.113.5:5000", []string{`"state":"unused"`}},
	} {
		if c.e.Call.ICE.Local == (ice.Candidate{}) {
			c.e.Call.ICE.Candidates = nil
		}
		if got := iceLine(c.e); got != c.line {
			t.Errorf("%v: %q, want %q", c.e.Call.ICE.State, got, c.line)
		}
		b, err := json.Marshal(iceOf(c.e))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range append(c.json, `"event":"ice"`, `"call":7`) {
			if !strings.Contains(string(b), want) {
				t.Errorf("%v: %s lacks %s", c.e.Call.ICE.State, b, want)
			}
		}
	}
}

// TestWayOfAccount brings ICE and relays from the configuration to the account.
func TestWayOfAccount(t *testing.T) {
	a := &app{getenv: func(name string) string { return map[string]string{"RELAY": "planted"}[name] }}
	for _, c := range []struct {
		in   config.Account
		mode ua.ICEMode
		turn int
		err  string
	}{
		{config.Account{Name: "x", ICE: "off"}, ua.ICEOff, 0, ""},
		{config.Account{Name: "x", ICE: "auto"}, ua.ICEAuto, 0, ""},
		{config.Account{Name: "x", ICE: "on"}, ua.ICEOn, 0, ""},
		{config.Account{Name: "x", ICE: "required", TURN: "turn:192.0.2.1, turns:relay.example.org", TURNUser: "u", TURNPasswordEnv: "RELAY"}, ua.ICERequired, 2, ""},
		{config.Account{Name: "x", ICE: "relay", TURN: "turn:192.0.2.1", TURNUser: "u", TURNPasswordEnv: "RELAY"}, ua.ICERelay, 1, ""},
		{config.Account{Name: "x", ICE: "relay"}, 0, 0, "relay needs a relay"},
		{config.Account{Name: "x", TURN: "turns:x?transport=udp"}, 0, 0, "transport"},
		{config.Account{Name: "x", TURN: "turn:x", TURNPasswordEnv: "NOTHING"}, 0, 0, "NOTHING"},
	} {
		var out ua.Account
		err := a.way(c.in, &out)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%+v: %v", c.in, err)
			}
			continue
		}
		if err != nil || out.ICE != c.mode || len(out.TURN) != c.turn {
			t.Errorf("%s: %v, %d relays, %v", c.in.ICE, out.ICE, len(out.TURN), err)
		}
		for _, s := range out.TURN {
			if s.Username != "u" || s.Password != "planted" || strings.Contains(s.Password.String(), "planted") {
				t.Errorf("the relay %s is %q", s.URI, s.Username)
			}
		}
	}
}
