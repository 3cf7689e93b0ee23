package uatest

import (
	"fmt"
	"net/netip"
	"strings"
)

// Leg is the peer's side of a dialog. Its fields may be changed to misbehave.
type Leg struct {
	p             *Peer
	CallID        string
	Local, Remote string // From and To values with their tags
	Target        string // the other side's Contact, once known
	Contact       string
	Seq           int
	To            string // where requests are sent
	Branch        string // of the newest request
	Headers       []string
}

func (p *Peer) token(kind string) string {
	p.count++
	return fmt.Sprintf("%s-%d-%d", kind, p.local.Port(), p.count)
}

// Leg is the dialog that an INVITE which came makes, with a tag of our own.
func (p *Peer) Leg(invite *Message) *Leg {
	return &Leg{
		p: p, CallID: invite.Get("Call-ID"), Seq: 100,
		Local: invite.Get("To") + ";tag=" + p.token("t"), Remote: invite.Get("From"),
		Target: Address(invite.Get("Contact")), Contact: p.URI("peer"), To: invite.From,
	}
}

// Fork is another leg of the same INVITE: another callee behind a proxy.
func (l *Leg) Fork(invite *Message) *Leg { return l.p.Leg(invite) }

// Call is a dialog that we are to begin, to user at an address.
func (p *Peer) Call(user string, to netip.AddrPort) *Leg {
	return &Leg{
		p: p, CallID: p.token("call"), Seq: 0,
		Local:  "\"Peer\" <" + p.URI("peer") + ">;tag=" + p.token("t"),
		Remote: "<sip:" + user + "@" + to.String() + ">", Target: "sip:" + user + "@" + to.String(),
		Contact: p.URI("peer"), To: to.String(),
	}
}

// Learn takes the other side's tag and Contact from a response.
func (l *Leg) Learn(res *Message) {
	l.Remote = res.Get("To")
	if c := res.Get("Contact"); c != "" {
		l.Target = Address(c)
	}
}

// Request writes the next request of the dialog; an SDP body gets its type.
func (l *Leg) Request(method, body string, headers ...string) string {
	l.Seq++
	l.Branch = "z9hG4bK" + l.p.token("b")
	return l.write(method, l.Seq, body, headers)
}

// Ack writes the ACK to a 2xx of the INVITE with the given CSeq number.
func (l *Leg) Ack(seq int, body string) string {
	l.Branch = "z9hG4bK" + l.p.token("b")
	return l.write("ACK", seq, body, nil)
}

// Cancel writes the CANCEL of the newest request, an INVITE.
func (l *Leg) Cancel() string { return l.write("CANCEL", l.Seq, "", nil) }

func (l *Leg) write(method string, seq int, body string, headers []string) string {
	transport := "UDP"
	switch {
	case l.p.secure:
		transport = "TLS"
	case l.p.tcp != nil:
		transport = "TCP"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\n", method, l.Target)
	fmt.Fprintf(&b, "Via: SIP/2.0/%s %s;branch=%s;rport\n", transport, l.p.local, l.Branch)
	fmt.Fprintf(&b, "Max-Forwards: 70\nFrom: %s\nTo: %s\nCall-ID: %s\nCSeq: %d %s\nContact: <%s>\n",
		l.Local, l.Remote, l.CallID, seq, method, l.Contact)
	typed := false
	for _, h := range headers {
		typed = typed || strings.HasPrefix(strings.ToLower(h), "content-type:")
		b.WriteString(h + "\n")
	}
	if body != "" && !typed {
		b.WriteString("Content-Type: application/sdp\n")
	}
	return b.String() + "\n" + body
}

// Send sends a request that this leg wrote.
func (l *Leg) Send(text string) {
	l.p.t.Helper()
	l.p.Send(l.To, text)
}

// Response writes a response to a request that came, with our tag and Contact.
func (l *Leg) Response(req *Message, code int, body string, headers ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d Scripted\n", code)
	for _, v := range req.All("Via") {
		fmt.Fprintf(&b, "Via: %s\n", v)
	}
	for _, v := range req.All("Record-Route") {
		fmt.Fprintf(&b, "Record-Route: %s\n", v)
	}
	to := req.Get("To")
	if Tag(to) == "" && code > 100 {
		to = l.Local
	}
	fmt.Fprintf(&b, "From: %s\nTo: %s\nCall-ID: %s\nCSeq: %s\n", req.Get("From"), to, req.Get("Call-ID"), req.Get("CSeq"))
	if l.Contact != "" {
		fmt.Fprintf(&b, "Contact: <%s>\n", l.Contact)
	}
	for _, h := range append(headers, l.Headers...) {
		b.WriteString(h + "\n")
	}
	if body != "" {
		b.WriteString("Content-Type: application/sdp\n")
	}
	return b.String() + "\n" + body
}

// Reply sends Response to where the request came from.
func (l *Leg) Reply(req *Message, code int, body string, headers ...string) {
	l.p.t.Helper()
	l.p.Send(req.From, l.Response(req, code, body, headers...))
}

// Reply answers a request outside any leg.
func (p *Peer) Reply(req *Message, code int, headers ...string) {
	p.t.Helper()
	l := &Leg{p: p, Local: req.Get("To") + ";tag=" + p.token("t"), Contact: ""}
	l.Reply(req, code, "", headers...)
}

// SDP is a plain description of PCMU, PCMA and telephone-event at an address; attributes follow.
func SDP(at netip.Addr, port int, attributes ...string) string {
	family := "IP4"
	if at.Is6() {
		family = "IP6"
	}
	s := fmt.Sprintf("v=0\no=peer 1 %d IN %s %s\ns=-\nc=IN %s %s\nt=0 0\nm=audio %d RTP/AVP 0 8 101\na=rtpmap:101 telephone-event/8000\n",
		1+len(attributes), family, at, family, at, port)
	for _, a := range attributes {
		s += "a=" + a + "\n"
	}
	return s
}
