package ua

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

// monkey is a peer, and a person, without a plan.
type monkey struct {
	t       *testing.T
	r       *rig
	n       *fakeNet
	rnd     *rand.Rand
	clients []*fakeClient // requests of ours without a final response
	invites []*fakeClient // all that made or changed dialogs
	servers []*monkeyServer
	seq     int
	log     []string
}

// monkeyServer is a request of the monkey's; it notes how it was answered.
type monkeyServer struct {
	req *sip.Request
	mu  sync.Mutex
	res []*sip.Response
	// acked says that the monkey has sent the ACK; its own.
	acked bool
}

func (s *monkeyServer) Request() *sip.Request  { return s.req }
func (s *monkeyServer) Source() netip.AddrPort { return netip.AddrPortFrom(loopback, 7000) }
func (s *monkeyServer) Respond(res *sip.Response) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.res = append(s.res, res)
	return nil
}

// last is the newest response, nil for none.
func (s *monkeyServer) last() *sip.Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.res) == 0 {
		return nil
	}
	return s.res[len(s.res)-1]
}

func (m *monkey) note(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf(format, args...))
}

func pick[E any](m *monkey, from ...E) E { return from[m.rnd.IntN(len(from))] }

// body is a description, more or less.
func (m *monkey) body() string {
	switch m.rnd.IntN(8) {
	case 0, 1:
		return ""
	case 2:
		return "v=0\nfrog\n"
	case 3:
		return uatest.SDP(loopback, 4000+m.rnd.IntN(4)*2, pick(m, "sendonly", "inactive", "recvonly"))
	case 4:
		return strings.Replace(uatest.SDP(loopback, 4000), "RTP/AVP 0 8 101", pick(m, "RTP/AVP 8", "RTP/AVP 18", "RTP/AVP 0"), 1)
	default:
		return uatest.SDP(loopback, 4000+m.rnd.IntN(4)*2)
	}
}

// extra are headers that mean something in a call.
func (m *monkey) extra() []sip.Header {
	var out []sip.Header
	add := func(name, value string) {
		if m.rnd.IntN(3) == 0 {
			out = append(out, sip.NewHeader(name, value))
		}
	}
	add("Require", pick(m, "100rel", "timer", "frog"))
	add("Allow", pick(m, "INVITE, ACK, BYE, UPDATE, PRACK", "INVITE, ACK, BYE"))
	add("Supported", pick(m, "timer, 100rel", "timer", "100rel"))
	add("Session-Expires", pick(m, "90;refresher=uac", "90;refresher=uas", "1800", "1", "x"))
	add("Min-SE", pick(m, "90", "7200", "99999999"))
	return out
}

// collect takes what was sent.
func (m *monkey) collect() {
	if m.n.end() == nil {
		synctest.Wait()
		return
	}
	for _, c := range m.n.end().take() {
		if c.h == nil {
			continue
		}
		m.clients = append(m.clients, c)
		if c.req.Method == sip.INVITE {
			m.invites = append(m.invites, c)
		}
	}
}

// respond answers a request of ours somehow.
func (m *monkey) respond() {
	if len(m.clients) == 0 {
		return
	}
	i := m.rnd.IntN(len(m.clients))
	c := m.clients[i]
	code := pick(m, 200, 200, 200, 200, 202, 302, 401, 408, 422, 481, 486, 488, 491, 500, 503)
	var headers []sip.Header
	if c.req.Method == sip.INVITE && m.rnd.IntN(2) == 0 {
		code = pick(m, 100, 180, 183, 199)
		if m.rnd.IntN(2) == 0 {
			headers = append(headers, sip.NewHeader("Require", "100rel"), sip.NewHeader("RSeq", strconv.Itoa(1+m.rnd.IntN(3))))
		}
	}
	switch m.rnd.IntN(20) {
	case 0:
		m.note("%s times out", c.req.Method)
		m.clients = append(m.clients[:i:i], m.clients[i+1:]...)
		c.h(nil, fmt.Errorf("%w: monkey", sip.ErrTimeout))
		return
	case 1:
		m.note("%s can't be sent", c.req.Method)
		m.clients = append(m.clients[:i:i], m.clients[i+1:]...)
		c.h(nil, fmt.Errorf("%w: monkey", sip.ErrTransport))
		return
	}
	if code >= 300 || code >= 200 && (c.req.Method != sip.INVITE || m.rnd.IntN(2) == 0) {
		m.clients = append(m.clients[:i:i], m.clients[i+1:]...)
	}
	tag := sip.Tag(c.req.To())
	if tag == "" {
		tag = pick(m, "a", "b", "c")
	}
	m.note("%d to %s %s", code, c.req.Method, tag)
	c.reply(code, tag, m.body(), append(headers, m.extra()...)...)
}

// polite does what everybody expects next: so that calls come about at all.
func (m *monkey) polite() {
	talk := uatest.SDP(loopback, 4000+m.rnd.IntN(4)*2)
	switch m.rnd.IntN(3) {
	case 0:
		if len(m.clients) == 0 {
			return
		}
		c := m.clients[len(m.clients)-1]
		m.clients = m.clients[:len(m.clients)-1]
		tag := sip.Tag(c.req.To())
		if tag == "" {
			tag = "a"
		}
		m.note("200 to %s %s, politely", c.req.Method, tag)
		headers := []sip.Header{sip.NewHeader("Allow", "INVITE, ACK, BYE, UPDATE, PRACK")}
		if v := sip.HeaderValue(c.req, "Session-Expires"); v != "" {
			headers = append(headers, sip.NewHeader("Session-Expires", "1800;refresher="+pick(m, "uac", "uas")))
		}
		c.reply(200, tag, talk, headers...)
	case 1:
		for _, s := range m.servers {
			if res := s.last(); res != nil && res.StatusCode/100 == 2 && !s.acked {
				s.acked = true
				ack := m.make(sip.ACK, sip.HeaderValue(s.req, "Call-ID"), sip.HeaderValue(s.req, "From"), sip.HeaderValue(res, "To"))
				set(ack, "CSeq", strings.Replace(sip.HeaderValue(s.req, "CSeq"), "INVITE", "ACK", 1))
				if len(s.req.Body()) == 0 {
					setSDP(ack, []byte(crlf(talk)))
				}
				m.send(ack)
				return
			}
		}
	case 2:
		for _, c := range m.r.agent.Calls() {
			if c.State == call.Incoming {
				m.note("answer %d, politely", c.ID)
				m.r.agent.Answer(c.ID)
				return
			}
		}
	}
}

// request sends something within a dialog, or nearly.
func (m *monkey) request() {
	var callID, from, to, target, via string
	acks := fmt.Sprintf("%d 1 INVITE", 1+m.rnd.IntN(2))
	switch {
	case len(m.invites) > 0 && m.rnd.IntN(2) == 0:
		inv := pick(m, m.invites...).req
		callID = sip.HeaderValue(inv, "Call-ID")
		to, from = sip.HeaderValue(inv, "From"), sip.HeaderValue(inv, "To")
		if sip.Tag(inv.To()) == "" {
			from += ";tag=" + pick(m, "a", "b", "c")
		}
	case len(m.servers) > 0:
		s := pick(m, m.servers...)
		callID, from, to = sip.HeaderValue(s.req, "Call-ID"), sip.HeaderValue(s.req, "From"), sip.HeaderValue(s.req, "To")
		if res := s.last(); res != nil {
			to = sip.HeaderValue(res, "To")
			if n := sip.HeaderValue(res, "RSeq"); n != "" {
				acks = n + " " + sip.HeaderValue(s.req, "CSeq")
			}
		}
		target, via = sip.HeaderValue(s.req, "CSeq"), sip.HeaderValue(s.req, "Via")
	default:
		return
	}
	method := pick(m, sip.INVITE, sip.UPDATE, sip.BYE, sip.ACK, sip.ACK, sip.PRACK, sip.INFO, sip.REFER, sip.NOTIFY, sip.CANCEL)
	if method == sip.BYE && m.rnd.IntN(3) > 0 {
		method = sip.INVITE
	}
	m.seq++
	req := m.make(method, callID, from, to)
	switch method {
	case sip.ACK:
		set(req, "CSeq", fmt.Sprintf("%d ACK", max(1, m.seq-m.rnd.IntN(3))))
		if target != "" && m.rnd.IntN(2) == 0 {
			set(req, "CSeq", target[:len(target)-len("INVITE")]+"ACK")
		}
	case sip.PRACK:
		set(req, "RAck", acks)
	case sip.CANCEL:
		if via != "" {
			set(req, "Via", via)
		}
	case sip.REFER:
		set(req, "Refer-To", pick(m, "<sip:carol@127.0.0.1:7000>", "<sip:carol@127.0.0.1?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2>", "<sip:nobody>", "frog"))
	case sip.NOTIFY:
		set(req, "Event", "refer")
		set(req, "Subscription-State", pick(m, "active;expires=60", "terminated;reason=noresource"))
		set(req, "Content-Type", "message/sipfrag")
		req.SetBody([]byte(pick(m, "SIP/2.0 100 Trying", "SIP/2.0 200 OK", "SIP/2.0 486 Busy", "frog")))
	default:
	}
	m.send(req)
}

func (m *monkey) make(method sip.Method, callID, from, to string) *sip.Request {
	uri, _ := sip.ParseURI("sip:alice@127.0.0.1")
	req := sip.NewRequest(method, uri)
	for _, h := range [][2]string{
		{"Via", "SIP/2.0/UDP 127.0.0.1:7000;branch=z9hG4bK" + strconv.Itoa(m.seq)}, {"From", from}, {"To", to}, {"Call-ID", callID},
		{"CSeq", fmt.Sprintf("%d %s", m.seq, method)}, {"Contact", "<sip:peer@127.0.0.1:7000>"},
	} {
		req.AppendHeader(sip.NewHeader(h[0], h[1]))
	}
	for _, h := range m.extra() {
		req.AppendHeader(h)
	}
	if b := m.body(); b != "" && (method == sip.INVITE || method == sip.UPDATE || method == sip.ACK || method == sip.PRACK) {
		setSDP(req, []byte(crlf(b)))
	}
	return req
}

func (m *monkey) send(req *sip.Request) {
	m.note("-> %s %s", req.Method, sip.HeaderValue(req, "Call-ID"))
	s := &monkeyServer{req: req}
	if req.Method == sip.INVITE {
		m.servers = append(m.servers, s)
	}
	m.n.end().cfg.Handler(s)
}

// call makes a new call to us; it may want the place of another.
func (m *monkey) call() {
	m.seq++
	req := m.make(sip.INVITE, fmt.Sprintf("m%d", m.seq), fmt.Sprintf("<sip:peer@127.0.0.1>;tag=f%d", m.seq), "<sip:alice@127.0.0.1>")
	if len(m.servers) > 0 && m.rnd.IntN(2) == 0 {
		old := pick(m, m.servers...)
		if res := old.last(); res != nil {
			set(req, pick(m, "Replaces", "Join"), fmt.Sprintf("%s;to-tag=%s;from-tag=%s", sip.HeaderValue(old.req, "Call-ID"), sip.Tag(res.To()), sip.Tag(old.req.From())))
		}
	}
	m.send(req)
}
