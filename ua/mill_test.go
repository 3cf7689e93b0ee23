package ua

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

// mill grinds random and mutated messages through the parser, the Agent and its call
// machines, with a person who answers, holds and hangs up at random.
//
//	corpus, live dialogs -> mutate -> parse -> Agent's handlers -> calls
//	      ^                                        |
//	      \------- requests and responses of ours -/
type mill struct {
	t      *testing.T
	r      *rig
	n      *fakeNet
	rand   *rand.Rand
	corpus []string
	invite string // a caller's, to be made another's each time

	mu      sync.Mutex
	dialogs []string      // messages of ours and the peer's of late; guarded by mu
	open    []*fakeClient // requests of ours that want an answer
	parsed  int
	talked  int // calls that were answered; the listener's until the end
}

// millServer is a request that comes out of the mill; our answers make its next messages.
type millServer struct {
	m   *mill
	req *sip.Request
}

func (s millServer) Request() *sip.Request  { return s.req }
func (s millServer) Source() netip.AddrPort { return netip.AddrPortFrom(loopback, 7000) }

// Respond turns each answer into what a peer might say next in the dialog.
func (s millServer) Respond(res *sip.Response) error {
	tag := sip.Tag(res.To())
	if tag == "" || res.StatusCode >= 300 {
		return nil
	}
	for _, method := range []sip.Method{sip.ACK, sip.BYE, sip.INVITE, sip.INFO, sip.UPDATE, sip.PRACK, sip.CANCEL, sip.REFER, sip.NOTIFY} {
		req := s.req.Clone()
		req.Method = method
		seq := s.req.CSeq().SeqNo
		if method != sip.ACK && method != sip.CANCEL {
			seq++
		}
		if method != sip.CANCEL {
			req.To().Params = sip.Params{{K: "tag", V: tag}}
			if req.Via() != nil {
				req.Via().Params = sip.Params{{K: "branch", V: fmt.Sprintf("z9hG4bK%d", seq) + string(method) + tag}}
			}
		}
		sip.SetHeader(req, &sip.CSeqHeader{SeqNo: seq, MethodName: method})
		s.m.remember(req.String())
	}
	return nil
}

func (m *mill) remember(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dialogs = append(m.dialogs, text); len(m.dialogs) > 400 {
		m.dialogs = slices.Delete(m.dialogs, 0, 200)
	}
}

// pick is a message to start from.
func (m *mill) pick() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.invite != "" && m.rand.IntN(8) == 0 {
		return strings.ReplaceAll(m.invite, "mill", "mill"+strconv.Itoa(m.rand.IntN(1<<30)))
	}
	if len(m.dialogs) > 0 && m.rand.IntN(2) == 0 {
		return m.dialogs[m.rand.IntN(len(m.dialogs))]
	}
	return m.corpus[m.rand.IntN(len(m.corpus))]
}

// mutate changes a message here and there; some stay as they are.
func (m *mill) mutate(text string) []byte {
	b := []byte(text)
	for range [...]int{0, 0, 1, 1, 2, 3, 8}[m.rand.IntN(7)] {
		if len(b) == 0 {
			break
		}
		i := m.rand.IntN(len(b))
		j := min(len(b), i+m.rand.IntN(1+m.rand.IntN(80)))
		switch m.rand.IntN(9) {
		case 0:
			b[i] ^= 1 << m.rand.IntN(8)
		case 1:
			b = slices.Delete(b, i, j)
		case 2:
			b = slices.Insert(b, j, slices.Clone(b[i:j])...)
		case 3:
			b = slices.Insert(b, i, byte(m.rand.IntN(256)))
		case 4: // a piece of another message
			other := []byte(m.corpus[m.rand.IntN(len(m.corpus))])
			k := m.rand.IntN(len(other))
			b = slices.Insert(b, i, other[k:min(len(other), k+m.rand.IntN(60))]...)
		case 5:
			b = slices.Insert(b, i, []byte(awkward[m.rand.IntN(len(awkward))])...)
		case 6: // a line again, or gone
			lines := bytes.SplitAfter(b, []byte("\r\n"))
			k := m.rand.IntN(len(lines))
			if m.rand.IntN(2) == 0 {
				lines = slices.Insert(lines, k, lines[k])
			} else {
				lines = slices.Delete(lines, k, k+1)
			}
			b = bytes.Join(lines, nil)
		case 7: // another number
			if d := bytes.IndexAny(b[i:], "0123456789"); d >= 0 {
				b[i+d] = byte('0' + m.rand.IntN(10))
			}
		case 8: // another call
			b = bytes.ReplaceAll(b, []byte("Call-ID: "), fmt.Appendf(nil, "Call-ID: %d", m.rand.IntN(100000)))
		}
	}
	return b
}

var awkward = []string{
	"\r\n\r\n", "\x00", "\xff\xfe", "%00", "99999999999999999999", "-1", "<", ">", "\"", ";", ",", "@", "[", "::", "\t ", "\r\n ",
	"Require: 100rel\r\n", "Session-Expires: 90;refresher=uas\r\n", "Replaces: a;to-tag=b;from-tag=c\r\n", "Contact: *\r\n", "Content-Type: multipart/mixed;boundary=\r\n",
	";tag=", "a=sendonly\r\n", "m=audio 0 RTP/AVP 0\r\n", "RSeq: 4294967295\r\n", "Retry-After: 18446744073709551616\r\n",
}

// grind lets one message in.
func (m *mill) grind() {
	msg, err := sip.ParseMessage(m.mutate(m.pick()))
	if err != nil {
		return
	}
	m.parsed++
	switch msg := msg.(type) {
	case *sip.Request:
		m.n.end().cfg.Handler(millServer{m, msg})
	case *sip.Response:
		m.answer(msg)
	}
}

// answer gives a response to a request of ours that waits.
func (m *mill) answer(res *sip.Response) {
	if len(m.open) == 0 {
		return
	}
	i := m.rand.IntN(len(m.open))
	c := m.open[i]
	if !c.abandoned.Load() {
		c.h(res, nil)
	}
	if res.StatusCode >= 200 && m.rand.IntN(2) == 0 { // else it comes again, as from a fork
		m.open = slices.Delete(m.open, i, i+1)
	}
}

// collect takes what we have sent, and makes answers out of it.
func (m *mill) collect() {
	for _, c := range m.n.end().take() {
		if c.h == nil {
			continue // an ACK
		}
		m.open = append(m.open, c)
		for range 3 {
			code := [...]int{100, 180, 183, 199, 200, 200, 202, 302, 380, 401, 407, 408, 415, 420, 421, 422, 423, 480, 481, 486, 488, 491, 500, 503, 603}[m.rand.IntN(25)]
			res := sip.NewResponse(c.req, code, "")
			sip.SetToTag(res, strconv.Itoa(m.rand.IntN(1000)))
			set(res, "Contact", fmt.Sprintf("<sip:%d@127.0.0.1:7000>", m.rand.IntN(9)))
			set(res, "WWW-Authenticate", fmt.Sprintf(`Digest realm="r%d", nonce="%d", qop="auth"`, m.rand.IntN(9), m.rand.IntN(100000)))
			if m.rand.IntN(2) == 0 {
				setSDP(res, []byte(crlf(uatest.SDP(loopback, 4000))))
			}
			m.remember(res.String())
		}
	}
	for len(m.open) > 60 {
		if c := m.open[0]; !c.abandoned.Load() {
			c.h(nil, sip.ErrTimeout)
		}
		m.open = m.open[1:]
	}
}

// person does something at random.
func (m *mill) person() {
	a := m.r.agent
	calls := a.Calls()
	if len(calls) == 0 || m.rand.IntN(8) == 0 {
		a.Dial(DialRequest{Target: fmt.Sprintf("sip:%d@127.0.0.1", m.rand.IntN(50))})
		return
	}
	id := calls[m.rand.IntN(len(calls))].ID
	switch m.rand.IntN(9) {
	case 0, 1:
		a.Answer(id)
	case 2:
		a.Hangup(id)
	case 3:
		a.Hold(id)
	case 4:
		a.Resume(id)
	case 5:
		a.SendDTMF(id, "1#")
	case 6:
		a.Consent(id, m.rand.IntN(2) == 0)
	case 7:
		a.Transfer(id, "carol")
	case 8:
		a.Options(OptionsRequest{Target: "x"})
	}
}

// rest hangs all up, and waits until nothing is remembered any more that will be forgotten.
func (m *mill) rest() {
	for range 4 {
		for _, c := range m.r.agent.Calls() {
			m.r.agent.Hangup(c.ID)
		}
		for range 4 { // what is sent again after a time-out times out too
			for _, c := range append(m.open, m.n.end().take()...) {
				if c.h != nil && !c.abandoned.Load() {
					c.h(nil, sip.ErrTimeout)
				}
			}
			m.open = nil
		}
		time.Sleep(5 * time.Minute)
	}
	m.n.end().take()
	m.mu.Lock()
	m.dialogs = nil
	m.mu.Unlock()
	m.sweep()
}

// sweep drops what only the fakes remember.
func (m *mill) sweep() {
	f := m.r.media
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tones = nil
	f.sessions = slices.DeleteFunc(f.sessions, func(s *fakeSession) bool { return s.isClosed() })
}

func heap() int {
	var s runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&s)
	return int(s.HeapAlloc)
}

// Twenty thousand messages, or as many as OFFHOOK_MESSAGES says, without a panic, and
// without growth: what is remembered after the last fifth is no more than after the first.
func TestMill(t *testing.T) {
	count := 20_000
	if n, err := strconv.Atoi(os.Getenv("OFFHOOK_MESSAGES")); err == nil {
		count = n
	}
	if testing.Short() {
		count = min(count, 5_000)
	}
	seed := uint64(1)
	if n, err := strconv.ParseUint(os.Getenv("OFFHOOK_SEED"), 10, 64); err == nil {
		seed = n
	}
	bubble(t, func(c *Config, _ *fakeNet, _ *fakeMedia) {
		c.MaxCalls = 16
		c.Accounts[0].Redirects = RedirectAsk
		c.Accounts[0].Reinvites = ReinviteAsk
	}, func(t *testing.T, r *rig, n *fakeNet) {
		m := &mill{t: t, r: r, n: n, rand: rand.New(rand.NewPCG(seed, 0))}
		for name := range torture(t) {
			m.corpus = append(m.corpus, string(tortureMessage(t, name)))
		}
		slices.Sort(m.corpus) // the same every time
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() { // somebody listens
			for {
				e, err := r.sub.Next(ctx)
				if err != nil {
					return
				}
				if c, ok := e.(CallChanged); ok && c.Call.State == call.Confirmed && c.Was != call.Confirmed {
					m.talked++
				}
			}
		}()
		r.agent.Options(OptionsRequest{Target: "x"})
		synctest.Wait()
		incoming := n.end().invite("mill")
		m.invite = incoming.req.String()
		m.corpus = append(m.corpus, m.invite)
		var before int
		for i := range count {
			if i == count/5 {
				m.rest()
				before = heap()
			}
			m.grind()
			if i%5 == 0 {
				m.person()
			}
			if i%50 == 0 {
				synctest.Wait()
				m.collect()
				time.Sleep(time.Duration(m.rand.IntN(500)) * time.Millisecond)
			}
			if i%1000 == 0 {
				m.sweep()
			}
		}
		m.rest()
		synctest.Wait()
		after := heap()
		calls, talked := r.agent.lastCall.Load(), m.talked
		t.Logf("%d of %d messages were read; %d calls, %d of them answered; %d KiB after the first fifth, %d KiB at the end", m.parsed, count, calls, talked, before>>10, after>>10)
		if after > before+before/4+512<<10 {
			t.Errorf("the memory grew from %d to %d KiB", before>>10, after>>10)
		}
		if calls < uint64(count/100) || talked < count/1000 {
			t.Errorf("%d calls, %d answered: the mill doesn't reach them", calls, talked)
		}
		if m.parsed < count/5 {
			t.Errorf("only %d of %d messages could be read: the mill grinds nothing", m.parsed, count)
		}
		if left := r.agent.Calls(); len(left) != 0 {
			t.Errorf("%d calls are left: %+v", len(left), left)
		}
	})
}

// A callee that answers with ever new tags is remembered within bounds.
func TestTagFlood(t *testing.T) {
	for _, code := range []int{183, 200} {
		t.Run(strings.TrimSpace(fmt.Sprint(code)), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
				id := r.agent.Dial(DialRequest{Target: "bob"})
				inv := n.end().one(t, sip.INVITE)
				for i := range 5000 {
					inv.reply(code, fmt.Sprint("t", i), peerSDP)
				}
				synctest.Wait()
				n.end().take()
				done := make(chan int)
				r.agent.box.post(func() { done <- len(r.agent.calls[id].legs) })
				if legs := <-done; legs > 256 {
					t.Errorf("%d dialogs are remembered", legs)
				}
			})
		})
	}
}
