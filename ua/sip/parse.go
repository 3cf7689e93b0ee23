package sip

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

// maxMessage is the largest message taken: what a UDP datagram can hold.
const maxMessage = 65535

// Parser reads messages. Its zero value isn't usable; NewParser makes one, and
// it may be shared: it keeps no state between messages.
type Parser struct{ sipgo *sipgo.Parser }

// NewParser makes a parser of whole messages.
func NewParser() *Parser {
	p := sipgo.NewParser(sipgo.WithHeadersParsers(parserHeaders()))
	p.MaxMessageLength = 8 * maxMessage // splitting lists makes a message longer
	return &Parser{sipgo: p}
}

// ParseMessage reads one whole message, and checks that it has what RFC 3261, section
// 8.1.1, demands of every message. The error is a *ParseError, and the message nil then.
func ParseMessage(data []byte) (Message, error) { return NewParser().Parse(data) }

// Parse is ParseMessage. It keeps nothing of data, and never panics.
func (p *Parser) Parse(data []byte) (msg Message, err error) {
	defer func() {
		if r := recover(); r != nil {
			msg, err = nil, malformed("the parser gave up: %v", r)
		}
	}()
	if len(data) > maxMessage {
		return nil, &ParseError{Code: 513, Reason: fmt.Sprintf("a message of %d bytes; %d are taken", len(data), maxMessage)}
	}
	canonical, err := normalise(data)
	if err != nil {
		return nil, err
	}
	method, uri := requestLine(canonical)
	m, err := p.sipgo.ParseSIP(standIn(canonical, uri))
	if err != nil {
		return nil, malformed("%v", err)
	}
	if err := complete(m, method, uri); err != nil {
		return nil, err
	}
	return m, nil
}

// complete checks the mandatory headers and repairs what sipgo reads otherwise than meant.
func complete(msg Message, method, uri string) error {
	if err := mandatory(msg); err != nil {
		return err
	}
	cseq := msg.CSeq()
	cseq.MethodName = Method(canonicalMethod(string(cseq.MethodName)))
	switch m := msg.(type) {
	case *Request:
		recipient, err := parseURI(uri)
		if err != nil {
			return malformed("Request-URI: %v", err)
		}
		m.Method, m.Recipient = Method(method), recipient // sipgo has made the method capitals
		if cseq.MethodName != m.Method {
			return malformed("CSeq names %s, the request line %s", cseq.MethodName, m.Method)
		}
		if err := badContact(m); err != nil {
			return err
		}
	case *Response:
		m.Reason = strings.TrimSpace(m.Reason)
	}
	if via := msg.Via(); !strings.EqualFold(via.ProtocolName, "SIP") || via.ProtocolVersion != "2.0" {
		return malformed("the top Via names %s/%s, not SIP/2.0", clip(via.ProtocolName), clip(via.ProtocolVersion))
	}
	return nil
}

// requestLine gives method and Request-URI of a message in canonical form; nothing for a response.
func requestLine(canonical []byte) (method, uri string) {
	line, _, _ := bytes.Cut(canonical, []byte("\r\n"))
	if bytes.HasPrefix(line, []byte("SIP/")) {
		return "", ""
	}
	m, rest, _ := bytes.Cut(line, []byte(" "))
	u, _, _ := bytes.Cut(rest, []byte(" "))
	return string(m), string(u)
}

// standIn puts a URI that sipgo can read in the place of one whose scheme it can't, such as
// soap.beep: our own reading takes its place afterwards.
func standIn(canonical []byte, uri string) []byte {
	scheme, _, _ := strings.Cut(uri, ":")
	if uri == "" || !strings.ContainsFunc(scheme, func(r rune) bool { return r < 'a' || r > 'z' }) && len(uri) > 2 {
		return canonical
	}
	return bytes.Replace(canonical, []byte(" "+uri+" "), []byte(" sip:x "), 1)
}

// badContact says that a request that the Contact is needed for has one that can't be read.
func badContact(req *Request) error {
	switch req.Method {
	case INVITE, REGISTER, SUBSCRIBE, NOTIFY, REFER, UPDATE:
	default:
		return nil
	}
	for _, h := range req.GetHeaders("contact") {
		if _, ok := h.(*ContactHeader); !ok {
			return malformed("the Contact %q can't be read", clip(h.Value()))
		}
	}
	return nil
}

func mandatory(msg Message) error {
	count := map[string]int{}
	for _, h := range msg.(headers).Headers() {
		switch h.(type) {
		case *ViaHeader:
			count["Via"] = 1
		case *FromHeader:
			count["From"]++
		case *ToHeader:
			count["To"]++
		case *CallIDHeader:
			count["Call-ID"]++
		case *CSeqHeader:
			count["CSeq"]++
		}
	}
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		switch count[name] {
		case 0:
			return malformed("the %s header is missing", name)
		case 1:
		default:
			return malformed("there are %d %s headers", count[name], name)
		}
	}
	return nil
}

// codeOf is the status code that answers a message with this error.
func codeOf(err error) int {
	var pe *ParseError
	if errors.As(err, &pe) {
		return pe.Code
	}
	return 400
}
