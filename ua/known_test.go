package ua

import (
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

// registered is a rig whose account the peer has registered. It gives the Contact.
func registered(t *testing.T, options ...option) (*rig, string) {
	t.Helper()
	r := newRig(t, append([]option{withAccount(func(a *Account) { a.Register = true })}, options...)...)
	reg := r.peer.Expect("REGISTER")
	r.peer.Reply(reg, 200, "Contact: "+reg.Get("Contact"), "Expires: 300")
	next(r, func(e RegistrationChanged) bool { return e.State == Registered })
	return r, uatest.Address(reg.Get("Contact"))
}

// A registered account is called by its registrar, and by nobody who guesses.
func TestScannersNeverRing(t *testing.T) {
	r, contact := registered(t)
	scanner := uatest.UDPAt(t, "127.0.0.9")
	for i := range 2 * answeredRefusals {
		leg := scanner.Call([]string{"alice", "100", "1001", "admin"}[i%4], r.addr())
		leg.Send(leg.Request("INVITE", r.sdp()))
		if i < answeredRefusals {
			scanner.Expect("403 INVITE")
			leg.Send(leg.Ack(leg.Seq, ""))
		}
	}
	first := r.refused()
	if first.Why != RefusedUnknown || first.Code != 403 || first.Count != 1 || first.Source.Addr() != netip.MustParseAddr("127.0.0.9") || first.Method != "INVITE" {
		t.Errorf("told %+v", first)
	}
	// What doesn't disturb is answered, and no INVITE was in between.
	probe := scanner.Call("alice", r.addr())
	probe.Send(probe.Request("OPTIONS", ""))
	if res := scanner.Next(); !res.Matches("200 OPTIONS") {
		t.Errorf("the scanner got\n%s", res.Raw)
	}
	for _, method := range []string{"MESSAGE", "SUBSCRIBE", "NOTIFY", "REFER", "PUBLISH"} {
		other := uatest.UDPAt(t, "127.0.0.10")
		leg := other.Call("alice", r.addr())
		leg.Send(leg.Request(method, ""))
		if method == "MESSAGE" {
			other.Expect("403 MESSAGE")
		}
		other.Close()
	}
	if calls := r.agent.Calls(); len(calls) != 0 {
		t.Errorf("calls %+v", calls)
	}
	if tones, _ := r.media.toneAndRing(); len(tones) != 0 {
		t.Errorf("heard %v", tones)
	}

	// The registrar calls, and so does whoever it told where we are.
	id, leg := r.ringing(r.sdp())
	r.agent.Reject(id, 0, "")
	r.peer.Expect("486 INVITE")
	leg.Send(leg.Ack(leg.Seq, ""))
	told := uatest.UDPAt(t, "127.0.0.11").Call("alice", r.addr())
	told.Target = contact
	told.Send(told.Request("INVITE", r.sdp()))
	r.state(0, call.Incoming)
	if shown := r.agent.Registrations()[0].Contact; strings.Contains(shown, "line=") || !strings.Contains(contact, ";line=") {
		t.Errorf("shown %s of %s", shown, contact)
	}
}

func TestAccept(t *testing.T) {
	stranger := func(r *rig, want string) {
		t.Helper()
		peer := uatest.UDPAt(t, "127.0.0.9")
		leg := peer.Call("alice", r.addr())
		leg.Send(leg.Request("INVITE", r.sdp()))
		peer.Expect(want)
	}
	anybody, _ := registered(t, withAccount(func(a *Account) { a.Accept = AcceptAny }))
	stranger(anybody, "180 INVITE")
	stranger(newRig(t), "180 INVITE") // a direct phone
	stranger(newRig(t, withAccount(func(a *Account) { a.Accept = AcceptKnown })), "403 INVITE")
}

// An INVITE that names one of our dialogs is no guess.
func TestReplacesIsKnown(t *testing.T) {
	r, _ := registered(t)
	id, leg := r.answered()
	info := r.agent.Calls()[0]
	other := uatest.UDPAt(t, "127.0.0.9")
	joining := other.Call("alice", r.addr())
	joining.Send(joining.Request("INVITE", r.sdp(), "Replaces: "+info.SIPCallID+";to-tag="+uatest.Tag(leg.Remote)+";from-tag="+uatest.Tag(leg.Local)))
	if res := other.Next(); res.Code() == 403 {
		t.Errorf("call %d can't be replaced:\n%s", id, res.Raw)
	}
	guess := other.Call("alice", r.addr())
	guess.Send(guess.Request("INVITE", r.sdp(), "Replaces: "+info.SIPCallID+";to-tag=guessed;from-tag=guessed"))
	other.Expect("403 INVITE")
}

// scan is a request from anywhere; it notes that it was left without an answer.
type scan struct {
	*fakeServer
	source  netip.AddrPort
	ignored atomic.Bool
}

func (s *scan) Source() netip.AddrPort { return s.source }
func (s *scan) Ignore()                { s.ignored.Store(true) }

// refusals are the refusals told since the last time.
func (r *rig) refusals() []CallRefused {
	synctest.Wait()
	r.sub.mu.Lock()
	defer r.sub.mu.Unlock()
	var out []CallRefused
	for _, e := range r.sub.queue {
		if e, ok := e.(CallRefused); ok {
			out = append(out, e)
		}
	}
	r.sub.queue = nil
	return out
}

// Refusals of one source are told at once, then together after ten seconds; a source
// that has gone quiet begins anew. More sources than are remembered are told as one.
func TestRefusalsAreCounted(t *testing.T) {
	known := func(c *Config, _ *fakeNet, _ *fakeMedia) { c.Accounts[0].Accept = AcceptKnown }
	bubble(t, known, func(t *testing.T, r *rig, n *fakeNet) {
		synctest.Wait()
		scanFrom := func(source string) *scan {
			uri, _ := sip.ParseURI("sip:100@127.0.0.1")
			req := sip.NewRequest(sip.INVITE, uri)
			set(req, "From", "<sip:100@1.2.3.4>;tag=x")
			set(req, "To", "<sip:100@127.0.0.1>")
			set(req, "Call-ID", "scan")
			set(req, "CSeq", "1 INVITE")
			set(req, "Via", "SIP/2.0/UDP 1.2.3.4;branch=z9hG4bKx")
			s := &scan{fakeServer: &fakeServer{req: req}, source: netip.MustParseAddrPort(source)}
			n.end().cfg.Handler(s)
			return s
		}
		var last *scan
		for range 1000 {
			last = scanFrom("198.51.100.7:5060")
		}
		told := r.refusals()
		if len(told) != 1 || told[0].Count != 1 || told[0].Total != 1 {
			t.Fatalf("told %+v", told)
		}
		if !last.ignored.Load() || len(last.codes()) != 0 {
			t.Errorf("the thousandth got %v", last.codes())
		}
		time.Sleep(refusalInterval + time.Second)
		if told = r.refusals(); len(told) != 1 || told[0].Count != 999 || told[0].Total != 1000 || told[0].Code != 0 {
			t.Fatalf("told %+v", told)
		}
		time.Sleep(2 * refusalInterval)
		last = scanFrom("198.51.100.7:5061")
		if told = r.refusals(); len(told) != 1 || told[0].Count != 1 || told[0].Total != 1001 || !slices.Equal(last.codes(), []int{403}) {
			t.Fatalf("told %+v; answered %v", told, last.codes())
		}
		for i := range 2 * maxSources {
			scanFrom(netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)}), 5060).String())
		}
		if told = r.refusals(); len(told) > maxSources+1 {
			t.Errorf("%d events for %d sources", len(told), 2*maxSources)
		}
		if n := len(r.agent.refused.sources); n > maxSources+1 {
			t.Errorf("%d sources are remembered", n)
		}
	})
}

// All addresses of the registrar's SRV set, of the proxies and of the Service-Route are
// known, and none of whom we only called.
func TestServersAreKnown(t *testing.T) {
	proxy, err := sip.ParseURI("sip:edge.example.net;lr")
	if err != nil {
		t.Fatal(err)
	}
	a := &Agent{}
	l, err := a.newLine(Account{Name: "me", AOR: "sip:alice@example.org", OutboundProxy: proxy.String()})
	if err != nil {
		t.Fatal(err)
	}
	l.serviceHosts = []string{"orig.example.net"}
	for i, host := range []string{"example.org", "EDGE.example.net", "orig.example.net", "friend.example.com"} {
		var targets []sip.Target
		for j := range 3 {
			targets = append(targets, sip.Target{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(10*i + j)}), 5060)})
		}
		l.noteServers(sip.URI{Host: host}, targets)
		for _, target := range targets {
			source := netip.AddrPortFrom(netip.AddrFrom16(target.Addr.Addr().As16()), 49152) // another port, as over a connection
			known := l.knows(&scan{fakeServer: &fakeServer{req: sip.NewRequest(sip.INVITE, sip.URI{Host: "192.0.2.99"})}, source: source})
			if known != (i < 3) {
				t.Errorf("%s at %s: known %v", host, source, known)
			}
		}
	}
}

// A URI of the account's domain that leads elsewhere by its maddr, as a redirection or a REFER may
// name one, makes nobody our server (RFC 3263, section 4: the TARGET): who is, is shown the
// account's digest and may call us.
func TestMaddrIsNoOwnServer(t *testing.T) {
	a := &Agent{}
	l, err := a.newLine(Account{Name: "me", AOR: "sip:alice@example.org", OutboundProxy: "sip:edge.example.net;maddr=192.0.2.7;lr"})
	if err != nil {
		t.Fatal(err)
	}
	l.serviceHosts = []string{"orig.example.net"}
	for i, c := range []struct {
		uri string
		own bool
	}{
		{"sip:bob@example.org;maddr=evil.example.com", false},
		{"sip:bob@orig.example.net;maddr=203.0.113.9", false},
		{"sip:bob@edge.example.net", false}, // the proxy is elsewhere
		{"sip:bob@example.org", true},
		{"sip:edge.example.net;maddr=192.0.2.7", true},
	} {
		u, err := sip.ParseURI(c.uri)
		if err != nil {
			t.Fatal(err)
		}
		addr := netip.AddrFrom4([4]byte{203, 0, 113, byte(i)})
		l.noteServers(u, []sip.Target{{Addr: netip.AddrPortFrom(addr, 5060)}})
		if own := l.ownServer(addr); own != c.own {
			t.Errorf("%s: an own server: %v", c.uri, own)
		}
	}
}
