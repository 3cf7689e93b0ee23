package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"offhook/ua"
	"offhook/ua/sip"
)

// An account that believes every server is never forgotten, and each such server is told.
func TestInsecureIsAlwaysOnTheScreen(t *testing.T) {
	for _, size := range sizes {
		b := oneCall(t, Options{Insecure: "lab"})
		b.size(size[0], size[1])
		b.press("k")
		b.wantScreen("INSECURE")
	}
	b := oneCall(t, Options{Insecure: "lab"})
	b.size(120, 40)
	b.post(ua.ServerUnverified{Meta: b.phone.Meta(), Account: "lab", Err: &sip.CertificateError{Problem: sip.CertUnknownAuthority, Host: "192.0.2.1", Issuer: "myself"}})
	b.wantScreen("certificates unchecked: lab", "nobody vouches for 192.0.2.1, and lab talks to it all the same")
}

// Nothing covers the mark of an insecure account, whatever is open; and a server that proved
// nothing is told once on the screen, each time in the log.
func TestNothingCoversTheMarkOfInsecurity(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}, {36, 10}, {30, 8}} {
		for _, open := range [][]string{{"?"}, {"i"}, {"k"}, {"t"}, {"f4"}, {"f5"}, {"f2"}, {"f3"}, {"f10"}, {"ctrl+c"}} {
			b := oneCall(t, Options{Insecure: "lab, an account with quite a long name, and another one"})
			b.press(open...)
			b.size(size[0], size[1])
			b.wantScreen("INSECURE")
			checkScreen(t, b.View(), size[0], size[1])
		}
	}
	b := oneCall(t, Options{Insecure: "lab"})
	tell := func() {
		b.post(ua.ServerUnverified{Meta: b.phone.Meta(), Account: "lab", Err: &sip.CertificateError{Problem: sip.CertExpired, Host: "192.0.2.1"}})
	}
	tell()
	b.wantScreen("nobody vouches for 192.0.2.1")
	b.say(0, "")
	tell() // another connection
	b.wantNotOnScreen("nobody vouches for 192.0.2.1")
	b.press("ctrl+l")
	if n := count(b.View(), "INSECURE: nobody"); n != 2 {
		t.Errorf("the log tells it %d times:\n%s", n, b.View())
	}
}

// Keys that went in the clear are warned of on the screen once, also when they are renewed; the
// padlock shows it for as long as the call is up.
func TestKeysInTheClearAreWarnedOf(t *testing.T) {
	for _, size := range sizes {
		b := oneCall(t, Options{})
		b.size(size[0], size[1])
		s := sdesOver(sip.UDP, sip.NoProof)
		b.secure(1, s, nil)
		warning := "whoever saw it can hear the call"
		if size[0] == 40 {
			warning = "others can hear the call"
		}
		b.wantScreen("◈ Echo test", "keys went in the clear")
		if v := strings.Join(strings.Fields(b.View()), " "); !strings.Contains(v, warning) {
			t.Errorf("%q isn't on the screen, wherever its lines break:\n%s", warning, b.View())
		}
		b.press("up")
		s.Since = s.Since.Add(time.Hour)
		b.secure(1, s, nil)
		if b.status.text != "" {
			t.Errorf("it is told again: %s", b.status.text)
		}
		b.wantScreen("◈ Echo test", "keys went in the clear")
	}
}

// The padlock follows what is true: closed, and open again when the sound is in the clear.
func TestThePadlockFollows(t *testing.T) {
	b := oneCall(t, Options{})
	b.wantScreen("◇ Echo test", "◇ not encrypted")
	b.secure(1, dtlsOver(sip.TLS, sip.ProofAuthority), nil)
	b.wantScreen("◆ Echo test", "◆ encrypted (DTLS, TLS); the servers vouch for the keys")
	b.secure(1, ua.SecurityInfo{Transport: sip.TLS, Signalling: true, Proof: sip.ProofAuthority, Media: ua.MediaPlain}, nil)
	b.wantScreen("◇ Echo test", "sound not encrypted, only the signalling is", "Echo test: the sound isn't encrypted any more")
	b.secure(1, ua.SecurityInfo{Media: ua.MediaFailed}, errors.New("the certificate isn't the one that was promised"))
	b.wantScreen("✕ Echo test", "no keys could be agreed on", "Echo test: no encryption: the certificate isn't the one that was promised")
}

// A broken way is told, and what becomes of it; a way that was found at once is in the log only.
func TestTheWayIsTold(t *testing.T) {
	b := oneCall(t, Options{})
	ok := ua.ICEInfo{State: ua.ICEConnected, Local: mapped, Remote: mapped}
	b.route(1, ua.ICEInfo{State: ua.ICEChecking})
	b.wantScreen("looking for a way…")
	b.route(1, ok)
	b.wantScreen("directly, through NATs")
	b.wantNotOnScreen("The sound with Echo test")
	broken := ua.ICEInfo{State: ua.ICEDisconnected, Local: mapped, Remote: mapped, Err: errors.New("no answer for 5 s")}
	b.route(1, broken)
	b.wantScreen("the way is broken; looking for another…", "The way to Echo test is broken: no answer for 5 s; looking for another")
	b.route(1, ua.ICEInfo{State: ua.ICEChecking})
	b.route(1, ua.ICEInfo{State: ua.ICEConnected, Local: relayed, Remote: mapped})
	b.wantScreen("through our relay", "The sound with Echo test is back: it goes through our relay")
	b.wantNotOnScreen("is broken")
	b.route(1, ua.ICEInfo{State: ua.ICEFailed, Err: errors.New("the other side answered no check")})
	b.wantScreen("no way to the other side was found", "No way to Echo test was found: the other side answered no check")
	b.press("i")
	b.wantScreen("trouble     the other side answered no check")
	b.press("esc", "ctrl+l")
	if n := count(b.View(), "The sound with Echo test goes directly, through NATs"); n != 1 {
		t.Errorf("the log tells it %d times:\n%s", n, b.View())
	}
}
