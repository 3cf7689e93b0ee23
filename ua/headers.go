package ua

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"offhook/ua/header"
	"offhook/ua/sdp"
	"offhook/ua/sip"
)

const (
	typeSDP       = "application/sdp"
	typeRelay     = "application/dtmf-relay"
	typeDTMF      = "application/dtmf"
	acceptInvites = typeSDP
)

func set(m sip.Message, name, value string) { sip.SetHeader(m, sip.NewHeader(name, value)) }

// addHeaders adds a user's "Name: value" headers. Those that the dialog or the
// transaction lives by can't be set so.
func addHeaders(m sip.Message, headers []string) error {
	for _, h := range headers {
		name, value, ok := strings.Cut(h, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || !sip.IsToken(name) || strings.ContainsAny(h, "\r\n") {
			return fmt.Errorf("the header %q isn't of the form \"Name: value\"", h)
		}
		if slices.ContainsFunc(ownHeaders, func(own string) bool { return strings.EqualFold(own, name) }) {
			return fmt.Errorf("the header %s is set by the phone itself and can't be given", name)
		}
		m.AppendHeader(sip.NewHeader(name, value))
	}
	return nil
}

var ownHeaders = []string{
	"Via", "v", "From", "f", "To", "t", "Call-ID", "i", "CSeq", "Contact", "m", "Route", "Record-Route",
	"Content-Length", "l", "Content-Type", "c", "Max-Forwards", "Authorization", "Proxy-Authorization",
}

func setSDP(m interface {
	sip.Message
	SetBody([]byte)
}, body []byte) {
	set(m, "Content-Type", typeSDP)
	m.SetBody(body)
}

// bodyKind is what a message carries.
type bodyKind uint8

const (
	noBody bodyKind = iota
	sdpBody
	otherBody // something that we don't understand and that must be understood
)

// findSDP gets the session description out of a message, from within a
// multipart body too, as gateways wrap it with ISUP (interop 35). A body that may be
// ignored says so in its Content-Disposition (RFC 3261, section 20.11).
func findSDP(m sip.Message) ([]byte, bodyKind) {
	body := m.Body()
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, noBody
	}
	if e := sip.HeaderValue(m, "Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, otherBody
	}
	if text, ok := sdp.Extract(sip.HeaderValue(m, "Content-Type"), body); ok {
		return text, sdpBody
	}
	if strings.Contains(strings.ToLower(sip.HeaderValue(m, "Content-Disposition")), "handling=optional") {
		return nil, noBody
	}
	return nil, otherBody
}

// allows says whether a message's Allow lists a method.
func allows(m sip.Message, method string) bool {
	return slices.ContainsFunc(sip.HeaderValues(m, "Allow"), func(v string) bool { return strings.EqualFold(v, method) })
}

// display is a URI for people: without parameters that only routing needs.
func display(u sip.URI) string { return header.Display(u) }

// nameAddr writes a From or To value.
func nameAddr(name, uri string) string {
	if name == "" {
		return "<" + uri + ">"
	}
	return sip.Quote(name) + " <" + uri + ">"
}
