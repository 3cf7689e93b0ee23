package sip

import (
	"fmt"
	"hash/maphash"
	"net/netip"
	"strconv"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"

	"offhook/ua/trace"
)

// source is where bytes came from.
type source struct {
	transport     Transport
	local, remote netip.AddrPort
	conn          *conn // nil for UDP
}

// receive takes one whole message off the wire. It runs in the reader's goroutine:
// the order of calls is the order on the wire.
func (e *Endpoint) receive(raw []byte, from source) {
	e.stats.received.Add(1)
	msg, err := e.parser.Parse(raw)
	if err != nil {
		e.refuse(raw, from, err)
		return
	}
	e.trace(trace.SIP, trace.In, from.transport, from.local, from.remote, raw, "")
	msg.SetTransport(from.transport.String())
	msg.SetSource(from.remote.String())
	switch msg := msg.(type) {
	case *Request:
		stampVia(msg.Via(), from.remote)
		e.request(msg, from)
	case *Response:
		e.response(msg)
	}
}

// refuse counts and traces a message that can't be read, and answers it without state
// if it is a request that says enough to be answered (RFC 3261, section 8.2.7).
func (e *Endpoint) refuse(raw []byte, from source, err error) {
	e.stats.malformed.Add(1)
	e.trace(trace.Malformed, trace.In, from.transport, from.local, from.remote, raw, err.Error())
	e.log.Info("a malformed SIP message", "from", from.remote, "err", err)
	res := e.refusal(raw, from.remote, err)
	if res == nil {
		return
	}
	l := &link{e: e, to: responseTarget(res.Via(), from), conn: from.conn}
	if err := l.WriteMsg(res); err != nil {
		e.log.Debug("can't refuse a malformed request", "to", from.remote, "err", err)
	}
}

// refusal builds the answer to a malformed request out of the headers that can be
// read; nil if there aren't enough of them, or if the message wants no answer.
func (e *Endpoint) refusal(raw []byte, remote netip.AddrPort, cause error) *Response {
	defer func() { _ = recover() }() // the headers are as malformed as the message may be
	m, err := splitMessage(raw)
	if err != nil {
		return nil
	}
	first, _, _ := strings.Cut(m.start, " ")
	if strings.EqualFold(first, "ACK") || !IsToken(first) || strings.HasPrefix(strings.ToUpper(m.start), "SIP") {
		return nil
	}
	code := codeOf(cause)
	res := sipgo.NewResponse(code, ReasonPhrase(code))
	top := true
	for _, h := range m.headers {
		if !strings.EqualFold(h.name, "Via") {
			continue
		}
		if !top {
			res.AppendHeader(NewHeader("Via", h.value))
			continue
		}
		via, err := parseViaHeader(h.value)
		if err != nil {
			return nil
		}
		stampVia(via.(*ViaHeader), remote)
		res.AppendHeader(via)
		top = false
	}
	if top {
		return nil
	}
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		v, ok := m.first(name)
		if !ok {
			continue // ideally, a request without it is answered all the same (RFC 4475, section 3.3.1)
		}
		if name == "To" && !strings.Contains(strings.ToLower(v), "tag=") {
			v += ";tag=" + e.statelessTag(m)
		}
		res.AppendHeader(NewHeader(name, v))
	}
	res.AppendHeader(NewHeader("Warning", fmt.Sprintf("399 offhook %s", Quote(clip(printable(cause.Error()))))))
	res.SetBody(nil)
	return res
}

// statelessTag is the same for each retransmission of a request (RFC 3261, section 8.2.7).
func (e *Endpoint) statelessTag(m *rawMessage) string {
	var h maphash.Hash
	h.SetSeed(e.seed)
	for _, name := range []string{"Via", "From", "Call-ID", "CSeq"} {
		v, _ := m.first(name)
		_, _ = h.WriteString(v)
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// printable keeps the text of an error fit for a header.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

// stampVia writes down where a request came from (RFC 3261, section 18.2.1; RFC 3581,
// section 4: with rport always, and in both parameters).
func stampVia(via *ViaHeader, from netip.AddrPort) {
	_, rport := ParamValue(via.Params, "rport")
	sentBy, err := netip.ParseAddr(unbracket(via.Host))
	if rport {
		via.Params.Add("rport", strconv.Itoa(int(from.Port())))
	}
	if rport || err != nil || sentBy.Unmap() != from.Addr().WithZone("") {
		via.Params.Add("received", from.Addr().WithZone("").String())
	}
}

// responseTarget is where responses go (RFC 3261, section 18.2.2; RFC 3581): to the
// source, at the port that the Via names unless it has rport. maddr, which is
// multicast's, is not followed: it would let a request aim our responses at others.
func responseTarget(via *ViaHeader, from source) Target {
	port := from.remote.Port()
	if _, rport := ParamValue(via.Params, "rport"); !rport || from.transport.Reliable() {
		port = from.transport.DefaultPort()
		if via.Port > 0 {
			port = uint16(via.Port)
		}
	}
	return Target{Transport: from.transport, Addr: netip.AddrPortFrom(from.remote.Addr(), port)}
}

// request matches a request to its server transaction (RFC 3261, section 17.2.3),
// or makes one.
func (e *Endpoint) request(req *Request, from source) {
	key := serverKey(req)
	e.mu.Lock()
	t, known := e.servers[key]
	full := len(e.servers) >= maxServerTransactions || e.sources[from.remote.Addr()] >= maxFromSource
	e.mu.Unlock()
	switch {
	case known && req.IsAck():
		if !t.acked(req) {
			e.post(delivery{request: ackTx{req: req, source: from.remote}})
		}
	case known:
		e.stats.retransmitted.Add(1)
		t.again(req)
	case req.IsAck():
		e.post(delivery{request: ackTx{req: req, source: from.remote}})
	case full:
		e.stats.refused.Add(1)
		e.log.Warn("too many requests are pending; one is refused", "from", from.remote, "method", req.Method)
		res := NewResponse(req, 503, "")
		SetToTag(res, NewTag())
		_ = (&link{e: e, to: responseTarget(req.Via(), from), conn: from.conn}).WriteMsg(res)
	default:
		if t := e.newServerTx(key, req, from); t != nil {
			e.post(delivery{request: t})
		}
	}
}

// response matches a response to its client transaction (RFC 3261, section 17.1.3). One
// that matches none is dropped, a 2xx
// too (RFC 6026).
func (e *Endpoint) response(res *Response) {
	key := clientKey(res)
	e.mu.Lock()
	t := e.clients[key]
	e.mu.Unlock()
	if t == nil || !t.receive(res) {
		e.stats.stray.Add(1)
	}
}

// clientKey names a client transaction: branch and CSeq method.
func clientKey(msg Message) string {
	branch, _ := ParamValue(msg.Via().Params, "branch")
	return strings.ToLower(branch) + " " + string(msg.CSeq().MethodName)
}

// serverKey names a server transaction. An ACK has the key of its INVITE. Without
// the magic cookie the key is made of what RFC 2543 had to go by.
func serverKey(req *Request) string {
	method := req.Method
	if method == ACK {
		method = INVITE
	}
	via := req.Via()
	branch, _ := ParamValue(via.Params, "branch")
	sentBy := strings.ToLower(via.Host) + ":" + strconv.Itoa(via.Port)
	if len(branch) > len(magicCookie) && strings.EqualFold(branch[:len(magicCookie)], magicCookie) {
		return strings.ToLower(branch) + " " + sentBy + " " + string(method)
	}
	return strings.Join([]string{
		"rfc2543", branch, sentBy, string(method), req.CallID().Value(),
		strconv.FormatUint(uint64(req.CSeq().SeqNo), 10), strings.ToLower(Tag(req.From())),
	}, " ")
}
