package ua

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"offhook/audio"
	"offhook/nat/ice"
	"offhook/ua/call"
	"offhook/ua/sdp"
)

// fakeFinder looks for no way: it notes what it is asked, and the test says what it finds.
type fakeFinder struct {
	cfg ice.Config

	mu       sync.Mutex
	local    ice.Description
	remote   []ice.Description
	started  []bool
	restarts int
	undone   int
	doubts   int
	again    [][]netip.AddrPort // STUN servers of each Reconfigure
	plain    []netip.AddrPort
	closed   bool
}

func (f *fakeFinder) Gather(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	kind := ice.Host
	addr := f.cfg.Socket.LocalAddr()
	if f.cfg.Policy == ice.RelayOnly {
		kind, addr = ice.Relayed, netip.MustParseAddrPort("203.0.113.5:50000")
	}
	f.local.Candidates = []ice.Candidate{{Foundation: "1", Component: 1, Transport: "udp", Priority: 1, Addr: addr, Type: kind}}
	f.local.Complete = true
	return nil
}

func (f *fakeFinder) Local() ice.Description {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.local
	d.Ufrag, d.Pwd = fmt.Sprintf("ours%d", f.restarts), "ourpasswordof22letters"
	d.Candidates = slices.Clone(d.Candidates)
	return d
}

func (f *fakeFinder) SetRemote(d ice.Description) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remote = append(f.remote, d)
	return nil
}

func (f *fakeFinder) AddRemote(ice.Candidate) error { return nil }

func (f *fakeFinder) Start(controlling bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started = append(f.started, controlling)
	return nil
}

func (f *fakeFinder) Restart() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.restarts++
	return nil
}

func (f *fakeFinder) Doubt() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.doubts++
}

func (f *fakeFinder) Abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.undone++
}

func (f *fakeFinder) Reconfigure(_ []netip.Addr, stun []netip.AddrPort, _ []ice.TURNServer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.again = append(f.again, stun)
}

func (f *fakeFinder) HandleSTUN([]byte, netip.AddrPort, time.Time) {}
func (f *fakeFinder) Verified(netip.AddrPort) bool                 { return false }

func (f *fakeFinder) Plain(peer netip.AddrPort) (ice.Pair, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plain = append(f.plain, peer)
	return ice.Pair{Local: f.local.Candidates[0], Remote: ice.Candidate{Addr: peer, Type: ice.Host}, Via: nowhere{}}, true
}

func (f *fakeFinder) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
}

// asked is who it was told about, and in which roles.
func (f *fakeFinder) asked() (remote []string, started []bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.remote {
		remote = append(remote, d.Ufrag)
	}
	return remote, slices.Clone(f.started)
}

type nowhere struct{}

func (nowhere) Send([]byte) error { return nil }

// iceRig is an account with ICE, and what looks for its ways.
func iceRig(t *testing.T, mode ICEMode, options ...option) (*rig, func() *fakeFinder) {
	t.Helper()
	r := newRig(t, append(options, withAccount(func(a *Account) { a.ICE = mode }))...)
	made := make(chan *fakeFinder, 10)
	r.agent.newFinder = func(cfg ice.Config) (pathfinder, error) {
		f := &fakeFinder{cfg: cfg}
		made <- f
		return f, nil
	}
	return r, func() *fakeFinder {
		select {
		case f := <-made:
			return f
		case <-t.Context().Done():
			return nil
		}
	}
}

const (
	theirs      = "ice-ufrag:them"
	theirPwd    = "ice-pwd:theirpasswordof22letter"
	theirPlace  = "candidate:1 1 UDP 2130706431 127.0.0.1 4000 typ host"
	theirNumber = "127.0.0.1:4000"
)

// withICE is a description of the peer that speaks ICE.
func (r *rig) withICE(ufrag string) string {
	return r.sdp("rtcp-mux", "ice-ufrag:"+ufrag, theirPwd, theirPlace)
}

// iceState waits until the search stands there.
func (r *rig) iceState(s ICEState) ICEInfo {
	r.t.Helper()
	return next(r, func(e ICEChanged) bool { return e.Call.ICE.State == s }).Call.ICE
}

func (s *fakeSession) route() (audio.Route, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.routes) == 0 {
		return audio.Route{}, false
	}
	return s.routes[len(s.routes)-1], s.attends
}

func pairTo(f *fakeFinder, remote string, nominated bool) ice.Pair {
	at := netip.MustParseAddrPort(remote)
	return ice.Pair{
		Local: f.Local().Candidates[0], Remote: ice.Candidate{Component: 1, Transport: "udp", Type: ice.Host, Addr: at}, Nominated: nominated,
		Verified: func(netip.AddrPort) bool { return true },
	}
}

// connected finds a way for the call of f.
func (r *rig) connected(f *fakeFinder) {
	r.t.Helper()
	f.cfg.OnSelected(pairTo(f, theirNumber, true))
	f.cfg.OnState(ice.Connected, nil)
	r.iceState(ICEConnected)
}

// TestICECall: candidates in the offer, checks from the answer on, nothing sent or heard before a pair
// works, audio by that, and all closed at the end.
func TestICECall(t *testing.T) {
	r, finder := iceRig(t, ICEOn)
	id, inv, leg := r.dialled()
	f := finder()
	if i := r.iceState(ICEGathered); len(i.Candidates) != 1 || i.Role != ICERoleNone {
		t.Errorf("told %+v", i)
	}
	for _, want := range []string{"a=ice-ufrag:ours0", "a=ice-pwd:", "a=candidate:1 1 UDP 1 ", "a=rtcp-mux", "a=ice-options:trickle", "a=end-of-candidates"} {
		if !strings.Contains(inv.Body, want) {
			t.Errorf("the offer lacks %s:\n%s", want, inv.Body)
		}
	}
	leg.Reply(inv, 200, r.withICE("them"))
	r.peer.Expect("ACK")
	i := r.iceState(ICEChecking)
	if i.Role != ICEControlling || i.Local.Addr.IsValid() || len(i.Candidates) != 1 {
		t.Errorf("told %+v", i)
	}
	s := r.media.session(0)
	if route, attends := s.route(); route.Remote.IsValid() || route.Verified == nil || !attends {
		t.Errorf("the route before a pair is %+v, attentive %v", route, attends)
	}
	f.cfg.OnSelected(pairTo(f, theirNumber, true))
	f.cfg.OnState(ice.Connected, nil)
	i = r.iceState(ICEConnected)
	if i.Remote.Addr.String() != theirNumber || i.Err != nil {
		t.Errorf("told %+v", i)
	}
	if route, attends := s.route(); route.Remote.String() != theirNumber || attends {
		t.Errorf("the route is %+v, attentive %v", route, attends)
	}
	if remote, started := f.asked(); !slices.Equal(remote, []string{"them"}) || !slices.Equal(started, []bool{true}) {
		t.Errorf("checked %v, %v", remote, started)
	}
	r.agent.Hangup(id)
	leg.Reply(r.peer.Expect("BYE"), 200, "")
	r.ended(id)
	for !func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.closed }() {
		r.settle() // closed by a worker
	}
}

// TestICEAnswers: an offer with candidates is answered with ours, and we are controlled, unless the
// peer is lite; one without is answered without, and nobody gathers for it.
func TestICEAnswers(t *testing.T) {
	for _, c := range []struct {
		name, body string
		role       ICERole
	}{
		{"full", "", ICEControlled},
		{"lite", "a=ice-lite\r\n", ICEControlling},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, finder := iceRig(t, ICEOn)
			id, leg := r.ringing(r.withICE("them") + c.body)
			f := finder()
			r.agent.Answer(id)
			res := r.peer.Expect("200 INVITE")
			leg.Learn(res)
			leg.Send(leg.Ack(leg.Seq, ""))
			if !strings.Contains(res.Body, "a=ice-ufrag:ours0") || !strings.Contains(res.Body, "a=candidate:1 1 UDP 1 ") {
				t.Errorf("answered with\n%s", res.Body)
			}
			if i := r.iceState(ICEChecking); i.Role != c.role {
				t.Errorf("role %v", i.Role)
			}
			if _, started := f.asked(); !slices.Equal(started, []bool{c.role == ICEControlling}) {
				t.Errorf("started %v", started)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		r, _ := iceRig(t, ICEOn)
		r.agent.newFinder = func(ice.Config) (pathfinder, error) {
			t.Error("candidates are gathered for a caller without ICE")
			return nil, errors.New("no")
		}
		r.answered()
	})
}

// TestICEAuto: who offers ICE is answered with it, whoever doesn't isn't, and our own offer is of
// the plain kind.
func TestICEAuto(t *testing.T) {
	t.Run("asked", func(t *testing.T) {
		r, finder := iceRig(t, ICEAuto)
		id, leg := r.ringing(r.withICE("them"))
		finder()
		r.agent.Answer(id)
		res := r.peer.Expect("200 INVITE")
		leg.Learn(res)
		leg.Send(leg.Ack(leg.Seq, ""))
		if !strings.Contains(res.Body, "a=ice-ufrag:ours0") {
			t.Errorf("answered with\n%s", res.Body)
		}
		r.iceState(ICEChecking)
	})
	t.Run("not asked", func(t *testing.T) {
		r, _ := iceRig(t, ICEAuto)
		r.agent.newFinder = func(ice.Config) (pathfinder, error) {
			t.Error("candidates are gathered for a caller without ICE")
			return nil, errors.New("no")
		}
		r.answered()
	})
	t.Run("asking", func(t *testing.T) {
		r, _ := iceRig(t, ICEAuto)
		_, inv, leg := r.dialled()
		if strings.Contains(inv.Body, "a=ice-") || strings.Contains(inv.Body, "a=candidate") {
			t.Errorf("the offer is\n%s", inv.Body)
		}
		leg.Reply(inv, 200, r.sdp())
		r.peer.Expect("ACK")
	})
}

// TestInterop53FallBack: a peer without ICE, or behind something that rewrites addresses, gets audio
// where its c= and m= say, at once (RFC 8839, section 4.2.5); where ICE is required the call ends.
func TestInterop53FallBack(t *testing.T) {
	for _, c := range []struct {
		name  string
		body  func(*rig) string
		state ICEState
	}{
		{"no ICE", func(r *rig) string { return r.sdp() }, ICEUnsupported},
		{"a=ice-mismatch", func(r *rig) string { return r.sdp("ice-mismatch") }, ICEMismatched},
		{"c= is no candidate", func(r *rig) string {
			return strings.ReplaceAll(r.withICE("them"), "127.0.0.1 4000", "192.0.2.1 4000")
		}, ICEMismatched},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, finder := iceRig(t, ICEOn)
			_, inv, leg := r.dialled()
			f := finder()
			leg.Reply(inv, 200, c.body(r))
			r.peer.Expect("ACK")
			r.iceState(c.state)
			s := r.media.session(0)
			if route, attends := s.route(); route.Remote.IsValid() || route.Verified != nil || attends {
				t.Errorf("the route is %+v, attentive %v", route, attends)
			}
			r.settle()
			if p, ok := s.last(); !ok || p.Remote.String() != theirNumber || !p.Send {
				t.Errorf("audio goes to %v", p.Remote)
			}
			// What was found all the same comes too late to count.
			f.cfg.OnSelected(pairTo(f, "127.0.0.1:9", false))
			r.settle()
			if route, _ := s.route(); route.Remote.IsValid() {
				t.Errorf("the route is %+v", route)
			}
		})
		t.Run(c.name+", required", func(t *testing.T) {
			r, _ := iceRig(t, ICERequired)
			id, inv, leg := r.dialled()
			leg.Reply(inv, 200, c.body(r))
			r.peer.Expect("ACK")
			leg.Reply(r.peer.Expect("BYE"), 200, "")
			if i := r.ended(id); i.Cause != call.MediaFailure || !errors.Is(i.Err, sdp.ErrNoICE) {
				t.Errorf("ended by %v: %v", i.Cause, i.Err)
			}
		})
	}
}

// TestICERestartOfThePeer: other credentials in a re-INVITE are answered with others of ours (RFC 8839,
// section 4.4.3.1); the same go on undisturbed, as on hold.
func TestICERestartOfThePeer(t *testing.T) {
	r, finder := iceRig(t, ICEOn, withAccount(func(a *Account) { a.STUN = "127.0.0.1:9" }))
	id, leg := r.ringing(r.withICE("them"))
	f := finder()
	r.agent.Answer(id)
	leg.Learn(r.peer.Expect("200 INVITE"))
	leg.Send(leg.Ack(leg.Seq, ""))
	r.state(id, call.Confirmed)
	r.connected(f)
	for n, c := range []struct{ ufrag, ours string }{{"them", "ours0"}, {"other", "ours1"}, {"other", "ours1"}} {
		leg.Send(leg.Request("INVITE", r.withICE(c.ufrag)))
		res := r.peer.Expect("200 INVITE")
		leg.Send(leg.Ack(leg.Seq, ""))
		if !strings.Contains(res.Body, "a=ice-ufrag:"+c.ours) {
			t.Errorf("round %d: answered with\n%s", n, res.Body)
		}
	}
	if _, started := f.asked(); !slices.Equal(started, []bool{false, false}) {
		t.Errorf("started %v", started)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.again) != 1 || len(f.again[0]) != 1 {
		t.Errorf("the restart asks the STUN servers %v", f.again)
	}
}

// TestICERestartOfOurs: a peer that answers no longer is offered other credentials; a refusal leaves
// the old ones in force.
func TestICERestartOfOurs(t *testing.T) {
	r, finder := iceRig(t, ICEOn)
	id, inv, leg := r.dialled()
	f := finder()
	leg.Reply(inv, 200, r.withICE("them"))
	r.peer.Expect("ACK")
	r.state(id, call.Confirmed)
	r.connected(f)
	f.cfg.OnState(ice.Disconnected, ice.ErrConsent)
	if i := r.iceState(ICEDisconnected); !errors.Is(i.Err, ice.ErrConsent) {
		t.Errorf("told %+v", i)
	}
	again := r.peer.Expect("INVITE")
	if !strings.Contains(again.Body, "a=ice-ufrag:ours1") {
		t.Errorf("offered\n%s", again.Body)
	}
	leg.Reply(again, 200, r.withICE("other"))
	r.peer.Expect("ACK")
	f.cfg.OnSelected(pairTo(f, "127.0.0.1:4002", true))
	f.cfg.OnState(ice.Connected, nil)
	if i := next(r, func(e ICEChanged) bool { return e.Call.ICE.State == ICEConnected && e.Call.ICE.Restarts == 1 }).Call.ICE; i.Remote.Addr.Port() != 4002 {
		t.Errorf("told %+v", i)
	}
	if remote, started := f.asked(); !slices.Equal(remote, []string{"them", "other"}) || len(started) != 2 {
		t.Errorf("checked %v, %v", remote, started)
	}
	// The pair isn't what c= and m= say: the controlling side tells (RFC 8839, section 4.4.1.2.2).
	told := r.peer.Expect("INVITE")
	if !strings.Contains(told.Body, "a=remote-candidates:1 127.0.0.1 4002") || !strings.Contains(told.Body, "a=ice-ufrag:ours1") {
		t.Errorf("offered\n%s", told.Body)
	}
	leg.Reply(told, 488, "") // concerns nobody
	r.peer.Expect("ACK")
	if f.mu.Lock(); f.undone != 0 {
		t.Error("what is in force was undone")
	}
	f.mu.Unlock()
	// Nothing comes: the peer is asked at once.
	r.media.session(0).on(audio.Silent{For: 5 * time.Second})
	next(r, func(e Event) bool {
		if e, ok := e.(CommandFailed); ok {
			t.Errorf("told %v", e.Err)
		}
		m, ok := e.(MediaChanged)
		return ok && m.What == MediaSilent
	})
	if f.mu.Lock(); f.doubts != 1 {
		t.Errorf("asked %d times", f.doubts)
	}
	f.mu.Unlock()
}

// TestICERefusedRestart: the peer refuses, and the old credentials go on.
func TestICERefusedRestart(t *testing.T) {
	r, finder := iceRig(t, ICEOn)
	id, inv, leg := r.dialled()
	f := finder()
	leg.Reply(inv, 200, r.withICE("them"))
	r.peer.Expect("ACK")
	r.state(id, call.Confirmed)
	r.connected(f)
	f.cfg.OnState(ice.Disconnected, ice.ErrConsent)
	leg.Reply(r.peer.Expect("INVITE"), 488, "")
	r.peer.Expect("ACK")
	r.failed("update")
	r.settle()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.undone != 1 {
		t.Errorf("undone %d times", f.undone)
	}
}

// TestICEForks: one offer, two answers: the checks are with the fork that is heard, then with the one
// that answers.
func TestICEForks(t *testing.T) {
	r, finder := iceRig(t, ICEOn)
	_, inv, one := r.dialled()
	f := finder()
	two := one.Fork(inv)
	one.Reply(inv, 183, r.withICE("one1"))
	r.iceState(ICEChecking)
	two.Reply(inv, 183, r.withICE("two2"))
	r.iceState(ICEChecking)
	one.Reply(inv, 200, r.withICE("one1"))
	r.peer.Expect("ACK")
	r.iceState(ICEChecking)
	if remote, started := f.asked(); !slices.Equal(remote, []string{"one1", "two2", "one1"}) || len(started) != 3 {
		t.Errorf("checked %v, %v", remote, started)
	}
}

// TestTrickle: candidates that are found late go by INFO, to who takes them; those of the peer are
// checked (RFC 8840).
func TestTrickle(t *testing.T) {
	r, finder := iceRig(t, ICEOn)
	id, inv, leg := r.dialled()
	f := finder()
	if got := inv.Get("Recv-Info"); got != "trickle-ice" || !strings.Contains(inv.Get("Supported"), "trickle-ice") {
		t.Errorf("Recv-Info %q, Supported %q", got, inv.Get("Supported"))
	}
	leg.Reply(inv, 200, r.withICE("them"), "Recv-Info: trickle-ice")
	r.peer.Expect("ACK")
	r.state(id, call.Confirmed)
	late := ice.Candidate{Foundation: "2", Component: 1, Transport: "udp", Priority: 2, Addr: netip.MustParseAddrPort("198.51.100.7:4242"), Type: ice.ServerReflexive}
	f.mu.Lock()
	f.local.Candidates = append(f.local.Candidates, late)
	f.mu.Unlock()
	f.cfg.OnCandidate(late)
	info := r.peer.Expect("INFO")
	if info.Get("Info-Package") != "trickle-ice" || info.Get("Content-Type") != sdp.TypeFragment || info.Get("Content-Disposition") != "Info-Package" ||
		!strings.Contains(info.Body, "a=candidate:"+late.String()) || !strings.Contains(info.Body, "a=ice-ufrag:ours0") || !strings.Contains(info.Body, "a=mid:0") {
		t.Errorf("told\n%s", info.Raw)
	}
	leg.Reply(info, 200, "")

	leg.Target = strings.Trim(strings.SplitN(inv.Get("Contact"), ">", 2)[0], "<")
	fragment := "a=ice-ufrag:them\r\na=" + theirPwd + "\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:7 1 UDP 7 127.0.0.9 4009 typ host\r\n"
	send := func(body, pkg string) string {
		return strings.Replace(leg.Request("INFO", body, "Info-Package: "+pkg), "application/sdp", sdp.TypeFragment, 1)
	}
	leg.Send(send(fragment, "trickle-ice"))
	r.peer.Expect("200 INFO")
	r.settle() // the answer goes out before what was in it is used
	f.mu.Lock()
	newest := f.remote[len(f.remote)-1]
	f.mu.Unlock()
	if len(newest.Candidates) != 1 || newest.Candidates[0].Addr.Port() != 4009 {
		t.Errorf("the newest candidates are %+v", newest)
	}
	leg.Send(send("nonsense", "trickle-ice"))
	r.peer.Expect("400 INFO")
	leg.Send(send(fragment, "other"))
	if got := r.peer.Expect("469 INFO").Get("Recv-Info"); got != "trickle-ice" {
		t.Errorf("469 with Recv-Info %q", got)
	}
}

// TestRelayWithoutICE: with ICE off a relay's address stands in c= and m= where the NAT needs it, and
// audio goes through it.
func TestRelayWithoutICE(t *testing.T) {
	r, finder := iceRig(t, ICEOff, withAccount(func(a *Account) {
		a.TURN = []TURNServer{{URI: "turn:127.0.0.1:9?transport=tcp", Username: "u", Password: "p"}}
	}))
	_, inv, leg := r.dialled()
	f := finder()
	if f.cfg.Policy != ice.RelayOnly || len(f.cfg.TURN) != 1 || f.cfg.TURN[0].Transport != ice.TCP {
		t.Errorf("gathers by %+v", f.cfg)
	}
	if !strings.Contains(inv.Body, "c=IN IP4 203.0.113.5") || !strings.Contains(inv.Body, "m=audio 50000 ") || strings.Contains(inv.Body, "a=ice") {
		t.Errorf("offered\n%s", inv.Body)
	}
	leg.Reply(inv, 200, r.sdp())
	r.peer.Expect("ACK")
	i := r.iceState(ICEUnused)
	if !i.Relayed() || i.Remote.Addr.String() != theirNumber {
		t.Errorf("told %+v", i)
	}
	if route, _ := r.media.session(0).route(); route.Via == nil {
		t.Errorf("the route is %+v", route)
	}
}

func TestDefaultCandidate(t *testing.T) {
	at := netip.MustParseAddrPort
	own := at("10.0.0.2:4000")
	host := ice.Candidate{Type: ice.Host, Component: 1, Addr: own}
	mapped := ice.Candidate{Type: ice.ServerReflexive, Component: 1, Addr: at("198.51.100.7:6000"), Related: own}
	relay := ice.Candidate{Type: ice.Relayed, Component: 1, Addr: at("203.0.113.5:5000")}
	other := ice.Candidate{Type: ice.Host, Component: 1, Addr: at("10.9.0.2:4000")}
	public := ice.Candidate{Type: ice.Host, Component: 1, Addr: at("192.0.2.2:4000")}
	for _, c := range []struct {
		name string
		from []ice.Candidate
		own  netip.AddrPort
		easy bool
		want ice.Candidate
	}{
		{"nobody to ask", []ice.Candidate{other, host}, own, false, host},
		{"a NAT", []ice.Candidate{host, mapped}, own, false, mapped},
		{"a NAT with one mapping for all, and a relay", []ice.Candidate{host, relay, mapped}, own, true, mapped},
		{"a NAT that may have many", []ice.Candidate{host, mapped, relay}, own, false, relay},
		{"a relay alone", []ice.Candidate{relay}, own, true, relay},
		{"no NAT", []ice.Candidate{relay, public}, public.Addr, false, public},
		{"another family alone", []ice.Candidate{other}, at("[2001:db8::1]:4000"), false, other},
		{"nothing", nil, own, false, ice.Candidate{Component: 1, Transport: "udp", Type: ice.Host, Addr: own}},
	} {
		if got := defaultCandidate(c.from, c.own, c.easy); got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestParseTURN(t *testing.T) {
	for uri, want := range map[string]turnAddress{
		"turn:relay.example.org":                    {"relay.example.org", 0, ice.UDP},
		"turn:192.0.2.1:3479?transport=udp":         {"192.0.2.1", 3479, ice.UDP},
		"TURN:relay.example.org:3478?transport=tcp": {"relay.example.org", 3478, ice.TCP},
		"turns:relay.example.org":                   {"relay.example.org", 0, ice.TLS},
		"turns:[2001:db8::1]:443?transport=tcp":     {"2001:db8::1", 443, ice.TLS},
		"turn:[2001:db8::1]":                        {"2001:db8::1", 0, ice.UDP},
	} {
		if got, err := parseTURN(uri); got != want || err != nil {
			t.Errorf("%s: %+v, %v", uri, got, err)
		}
	}
	for _, bad := range []string{"", "relay.example.org", "stun:x", "turn:", "turn:x:0", "turn:x:99999", "turn:user@x", "turns:x?transport=udp", "turn:x?transport=sctp", "turn:x?%zz"} {
		if got, err := parseTURN(bad); !errors.Is(err, ErrTURN) {
			t.Errorf("%q: %+v, %v", bad, got, err)
		}
	}
}
