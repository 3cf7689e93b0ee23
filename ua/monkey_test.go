package ua

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"offhook/audio"
	"offhook/codec"
	"offhook/codec/g711"
	"offhook/ua/call"
	"offhook/ua/sip"
)

// media tells of what a session hears.
func (m *monkey) media() {
	s := m.r.media.session(m.rnd.IntN(12))
	if s == nil || s.isClosed() {
		return
	}
	switch m.rnd.IntN(3) {
	case 0:
		s.on(audio.Silent{})
	default:
		s.on(audio.FirstPacket{SSRC: 1, From: netip.AddrPortFrom(loopback, uint16(4000+m.rnd.IntN(4)*2))})
	}
}

// command is the person's.
func (m *monkey) command() {
	a, calls := m.r.agent, m.r.agent.Calls()
	if len(calls) == 0 || m.rnd.IntN(8) == 0 {
		m.note("dial")
		a.Dial(DialRequest{Target: pick(m, "sip:bob@127.0.0.1:7000", "bob", "sip:x@nowhere"), LateOffer: m.rnd.IntN(3) == 0})
		return
	}
	id, other := pick(m, calls...).ID, pick(m, calls...).ID
	for _, c := range calls {
		if c.Pending != PendingNone && m.rnd.IntN(2) == 0 {
			m.note("consent %d", c.ID)
			a.Consent(c.ID, m.rnd.IntN(2) == 0)
			return
		}
	}
	do := []struct {
		name string
		f    func()
	}{
		{"answer", func() { a.Answer(id) }}, {"answer", func() { a.Answer(id) }}, {"answer", func() { a.Answer(id) }},
		{"hold", func() { a.Hold(id) }}, {"resume", func() { a.Resume(id) }}, {"focus", func() { a.Focus(id) }},
		{"transfer", func() { a.Transfer(id, "sip:dave@127.0.0.1:7000") }}, {"transfer to", func() { a.TransferTo(id, other) }},
		{"conference", func() { a.Conference() }}, {"split", func() { a.Split(id) }}, {"mute", func() { a.Mute(id, m.rnd.IntN(2) == 0) }},
		{"consent", func() { a.Consent(id, m.rnd.IntN(2) == 0) }}, {"hangup", func() { a.Hangup(id) }}, {"reject", func() { a.Reject(id, 0, "") }},
		{"digits", func() { a.SendDTMF(id, "12") }}, {"redirect", func() { a.Redirect(id, "carol") }},
	}
	d := pick(m, do...)
	m.note("%s %d %d", d.name, id, other)
	d.f()
}

// consistent checks what must be true whenever all is at rest.
func (m *monkey) consistent() {
	m.t.Helper()
	done := make(chan struct{})
	a := m.r.agent
	a.box.post(func() {
		defer close(done)
		if len(a.conf) == 1 {
			m.t.Errorf("a conference of one")
		}
		for _, c := range a.conf {
			if c.ended || c.session == nil {
				m.t.Errorf("call %d is over, and in the conference", c.id)
			}
		}
		if f := a.focus; f != nil && (f.ended || a.calls[f.id] != f) {
			m.t.Errorf("call %d is over, and has the audio", f.id)
		}
		for _, c := range a.calls {
			if c.lent && !a.together(a.focus, c) {
				m.t.Errorf("call %d has a lease and not the audio", c.id)
			}
			if len(c.requests) > 8 || len(c.invites) > 4 || len(c.acks) > 4*call.MaxForks || len(c.legs) > 2*call.MaxForks {
				m.t.Errorf("call %d keeps %d requests, %d INVITEs, %d ACKs, %d legs", c.id, len(c.requests), len(c.invites), len(c.acks), len(c.legs))
			}
		}
	})
	<-done
}

// Whatever peers and people do: nothing breaks, every call ends once when it is hung up,
// and nothing is left.
func TestMonkey(t *testing.T) {
	runs := 300
	if testing.Short() {
		runs = 40
	}
	for seed := range runs {
		ok := t.Run(strconv.Itoa(seed), func(t *testing.T) {
			change := func(c *Config, n *fakeNet, _ *fakeMedia) {
				c.MaxCalls = 4
				acc := &c.Accounts[0]
				acc.Refer, acc.Reinvites, acc.Redirects = ReferPolicy(seed%3), ReinvitePolicy(seed/3%3), RedirectPolicy(seed/9%3)
				acc.Reliable = call.Reliability(seed / 2 % 3)
				acc.DTMFMode = []audio.DTMFMode{audio.DTMFAuto, audio.DTMFInfo}[seed%2]
				acc.Codecs = codec.Set{g711.PCMU{}, g711.PCMA{}}
				acc.SessionExpires = time.Duration(seed%2) * 10 * time.Minute
				c.EndOnTimeout = seed%5 == 0
				n.byHost = map[string][]sip.Target{"127.0.0.1": n.targets}
				n.targets = nil
			}
			bubble(t, change, func(t *testing.T, r *rig, n *fakeNet) {
				m := &monkey{t: t, r: r, n: n, rnd: rand.New(rand.NewPCG(uint64(seed), 7))}
				defer func() {
					if t.Failed() {
						for _, l := range m.log {
							t.Log(l)
						}
					}
				}()
				for range 120 {
					pick(m, m.polite, m.polite, m.polite, m.polite, m.polite, m.polite, m.respond, m.respond, m.respond, m.request, m.request, m.call, m.command, m.command, m.media,
						func() { time.Sleep(time.Duration(m.rnd.IntN(40)) * time.Second) })()
					m.collect()
					m.consistent()
				}
				for _, c := range r.agent.Calls() {
					r.agent.Hangup(c.ID)
				}
				for range 12 { // nobody answers any more
					time.Sleep(33 * time.Second)
					m.collect()
					for _, c := range m.clients {
						c.h(nil, fmt.Errorf("%w: monkey", sip.ErrTimeout))
					}
					m.clients = nil
				}
				synctest.Wait()
				m.over()
			})
		})
		if !ok {
			return
		}
	}
}

// over checks that everything has come to its end.
func (m *monkey) over() {
	m.t.Helper()
	m.consistent()
	if calls := m.r.agent.Calls(); len(calls) != 0 {
		m.t.Errorf("left: %+v", calls)
	}
	if n := m.r.media.open(); n != 0 {
		m.t.Errorf("%d sessions are open", n)
	}
	done := make(chan struct{})
	m.r.agent.box.post(func() {
		if n := len(m.r.agent.calls); n != 0 {
			m.t.Errorf("%d calls are remembered", n)
		}
		close(done)
	})
	<-done
	m.r.agent.Hangup(1 << 40)
	ends := make(map[CallID]int)
	next(m.r, func(e Event) bool {
		if e, ok := e.(CallChanged); ok && e.Call.State == call.Ended {
			ends[e.Call.ID]++
		}
		f, last := e.(CommandFailed)
		return last && f.Call == 1<<40
	})
	for id, n := range ends {
		if n != 1 {
			m.t.Errorf("the end of call %d was told %d times", id, n)
		}
	}
	for _, s := range m.servers {
		if res := s.last(); res == nil || res.StatusCode < 200 {
			m.t.Errorf("no final response to %s %s", s.req.Method, sip.HeaderValue(s.req, "Call-ID"))
		}
	}
}
