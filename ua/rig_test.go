package ua

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"offhook/codec"
	"offhook/codec/g711"
	"offhook/ua/call"
	"offhook/ua/uatest"
)

var loopback = netip.MustParseAddr("127.0.0.1")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is an Agent on real loopback sockets with a fake media plane, and a
// scripted peer.
type rig struct {
	t     *testing.T
	agent *Agent
	media *fakeMedia
	peer  *uatest.Peer
	sub   *Subscription
}

type option func(*Config)

func withAccount(f func(*Account)) option { return func(c *Config) { f(&c.Accounts[0]) } }

func newRig(t *testing.T, options ...option) *rig {
	t.Helper()
	return newRigWith(t, uatest.UDP(t), options...)
}

func newRigWith(t *testing.T, peer *uatest.Peer, options ...option) *rig {
	t.Helper()
	r := &rig{t: t, media: &fakeMedia{}, peer: peer}
	cfg := Config{
		Media: r.media,
		Accounts: []Account{{
			Name: "me", AOR: "sip:alice@" + peer.Addr().String(), Password: "secret",
			Listen: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 0),
			Codecs: codec.Set{g711.PCMU{}, g711.PCMA{}},
		}},
	}
	if testing.Verbose() {
		cfg.Log = slog.New(slog.NewTextHandler(testWriter{t}, nil))
	}
	for _, o := range options {
		o(&cfg)
	}
	agent, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.agent, r.sub = agent, agent.Subscribe()
	if err := agent.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Peers are silent by now: don't wait for them.
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = agent.Close(ctx)
	})
	return r
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", b)
	return len(b), nil
}

// addr is where the Agent listens.
func (r *rig) addr() netip.AddrPort { return r.agent.lines[0].main().LocalAddr(0) }

// next is the next event that pick takes; others before it are dropped.
func next[E Event](r *rig, pick func(E) bool) E {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	for {
		e, err := r.sub.Next(ctx)
		if err != nil {
			var none E
			r.t.Fatalf("no such %T came: %v", none, err)
		}
		if e, ok := e.(E); ok && pick(e) {
			return e
		}
	}
}

// state waits until a call reaches a state.
func (r *rig) state(id CallID, s call.State) CallInfo {
	r.t.Helper()
	return next(r, func(e CallChanged) bool { return (id == 0 || e.Call.ID == id) && e.Call.State == s }).Call
}

func (r *rig) ended(id CallID) CallInfo { return r.state(id, call.Ended) }

func (r *rig) failed(command string) CommandFailed {
	r.t.Helper()
	return next(r, func(e CommandFailed) bool { return e.Command == command })
}

// sdp is a description of the peer.
func (r *rig) sdp(attributes ...string) string {
	return uatest.SDP(r.peer.Addr().Addr(), 4000, attributes...)
}

// dialled calls the peer and gives the INVITE and the peer's leg.
func (r *rig) dialled() (CallID, *uatest.Message, *uatest.Leg) {
	r.t.Helper()
	id := r.agent.Dial(DialRequest{Target: r.peer.URI("bob")})
	inv := r.peer.Expect("INVITE")
	return id, inv, r.peer.Leg(inv)
}

// talking is a call from us that the peer has answered.
func (r *rig) talking() (CallID, *uatest.Message, *uatest.Leg) {
	r.t.Helper()
	id, inv, leg := r.dialled()
	leg.Reply(inv, 200, r.sdp(), "Allow: INVITE, ACK, BYE, CANCEL, INFO")
	r.peer.Expect("ACK")
	r.state(id, call.Confirmed)
	return id, inv, leg
}

// ringing is a call from the peer that rings here.
func (r *rig) ringing(body string, headers ...string) (CallID, *uatest.Leg) {
	r.t.Helper()
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", body, headers...))
	leg.Learn(r.peer.Expect("180 INVITE"))
	return r.state(0, call.Incoming).ID, leg
}

// answered is a call from the peer that we took.
func (r *rig) answered() (CallID, *uatest.Leg) {
	r.t.Helper()
	id, leg := r.ringing(r.sdp())
	r.agent.Answer(id)
	leg.Learn(r.peer.Expect("200 INVITE"))
	leg.Send(leg.Ack(leg.Seq, ""))
	r.state(id, call.Confirmed)
	return id, leg
}

// settle waits until the loop has done all that it was given.
func (r *rig) settle() {
	r.t.Helper()
	done := make(chan struct{})
	// Through the socket too: a request of the peer is answered after all before it.
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("FLUSH", ""))
	r.peer.Expect("501")
	r.agent.box.post(func() { close(done) })
	<-done
}
