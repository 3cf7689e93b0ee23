package ua

import (
	"fmt"
	"mime"
	"slices"
	"strings"

	"offhook/audio"
	"offhook/ua/header"
	"offhook/ua/sip"
)

// Bounds of what is taken from strangers: far above what any peer needs.
const (
	maxRequestURI = 2048
	maxBody       = 128 << 10
)

// verdict is a refusal that follows from the request alone.
type verdict struct {
	code   int
	reason string
	fill   func(*sip.Response)
}

// inspect tells which request is refused whatever it is about (RFC 3261, section 8.2; nil for
// none), before its method, its extensions and its dialog are looked at:
//
//	URI scheme that isn't sip, sips or tel     416   section 8.2.2.1
//	Request-URI of absurd length               414   section 21.4.12
//	body of absurd length                      413   section 21.4.11
//	method that nobody defined                 501 with Allow, section 21.5.2
//	encrypted body                             493   section 21.4.26
//	INVITE whose Accept leaves no SDP          406 with Accept, section 21.4.7
//
// 405, 415, 420, 481, 482, 486, 488 and 489 are given where their cause is known, 400 and 505
// by package sip. 483, 485 and 494 are for proxies and for servers of several users: a phone
// has no cause to send them.
func inspect(req *sip.Request) *verdict {
	switch scheme := strings.ToLower(req.Recipient.Scheme); {
	case scheme != "sip" && scheme != "sips" && scheme != "tel":
		return &verdict{code: 416}
	case len(req.Recipient.String()) > maxRequestURI:
		return &verdict{code: 414}
	case len(req.Body()) > maxBody:
		return &verdict{code: 413}
	case !defined(req.Method):
		return &verdict{code: 501, fill: func(res *sip.Response) { set(res, "Allow", allow()) }}
	case encrypted(req):
		return &verdict{code: 493}
	case req.Method == sip.INVITE && !accepts(req, typeSDP):
		return &verdict{code: 406, reason: "Only SDP Here", fill: func(res *sip.Response) { set(res, "Accept", acceptInvites) }}
	}
	return nil
}

// defined says that some RFC defines the method: one that we don't serve gets 405.
func defined(m sip.Method) bool {
	return slices.Contains(serves(), m) || m == sip.REGISTER || m == sip.PUBLISH
}

// encrypted says that a body is readable with a key only (RFC 3261, section 23.3).
func encrypted(m sip.Message) bool {
	kind, params, err := mime.ParseMediaType(sip.HeaderValue(m, "Content-Type"))
	if err != nil || len(m.Body()) == 0 {
		return false
	}
	return kind == "application/pkcs7-mime" && params["smime-type"] != "signed-data" || kind == "multipart/encrypted"
}

// accepts says whether a type may be sent in the answer: no Accept is one for SDP, and an
// empty one for nothing (RFC 3261, section 20.1).
func accepts(m sip.Message, kind string) bool {
	if len(m.GetHeaders("Accept")) == 0 {
		return true
	}
	major, _, _ := strings.Cut(kind, "/")
	return slices.ContainsFunc(sip.HeaderValues(m, "Accept"), func(v string) bool {
		v, params, _ := strings.Cut(v, ";")
		if q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q="); ok && strings.Trim(q, "0.") == "" {
			return false
		}
		v = strings.TrimSpace(v)
		return v == "*/*" || strings.EqualFold(v, major+"/*") || strings.EqualFold(v, kind)
	})
}

// warnFormats tells the peer of a 488 what would do (RFC 3261, section 21.4.26).
func (l *line) warnFormats(res *sip.Response) {
	var names []string
	for _, c := range l.acc.Codecs {
		names = append(names, c.Info().Name)
	}
	set(res, "Warning", header.Warning{
		Code: header.IncompatibleFormat, Agent: l.aor.Host,
		Text: fmt.Sprintf("Incompatible media format: this phone has %s as %s audio%s", strings.Join(names, ", "), profiles(l.acc.SRTP), wayWanted(l.acc.ICE)),
	}.String())
}

// wayWanted says what a mode wants beside the format.
func wayWanted(m ICEMode) string {
	if m == ICERequired || m == ICERelay {
		return " by ICE only"
	}
	return ""
}

// profiles are the transports that a mode takes in an offer.
func profiles(m audio.SRTPMode) string {
	switch m {
	case audio.SRTPOff:
		return "RTP/AVP"
	case audio.SRTPAuto, audio.SRTPOptional:
		return "RTP/AVP and RTP/SAVP"
	case audio.SRTPRequired:
		return "RTP/SAVP (SRTP only)"
	case audio.SRTPDTLS:
		return "UDP/TLS/RTP/SAVPF (DTLS-SRTP only)"
	}
	return "RTP/AVP"
}

// unfit refuses a request that can't be served, and tells of a call that it would have been.
func (a *Agent) unfit(l *line, st sip.ServerTransaction, code int, reason string, fill func(*sip.Response)) {
	a.unfitFor(l, st, code, reason, fill, nil)
}

// unfitFor is unfit with more to tell the person here than the code says.
func (a *Agent) unfitFor(l *line, st sip.ServerTransaction, code int, reason string, fill func(*sip.Response), why error) {
	a.reply(st, code, reason, fill)
	if req := st.Request(); req.Method != sip.INVITE || sip.Tag(req.To()) != "" {
		return
	}
	e := refusedOf(l, st, RefusedUnfit, code)
	e.Err = why
	a.emit(func(m Meta) Event { e.Meta = m; return e })
}

// unfitWords are what was wrong with a call that RefusedUnfit tells of.
var unfitWords = map[int]string{
	400: "its message can't be understood",
	406: "it takes no description of audio",
	413: "its message is too large",
	414: "its address is too long",
	415: "its body is of a kind that isn't known here",
	416: "its address is of a kind that isn't known here",
	420: "it requires an extension that isn't known here",
	421: "it lacks an extension that the account requires",
	422: "its session timer is too short",
	488: "it offers no audio format that is known here",
	493: "its body is encrypted",
}

// Unfit says why the call couldn't become one.
func (e CallRefused) Unfit() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return UnfitWords(e.Code)
}

// UnfitWords says why a call that came couldn't become one, by the code that it was refused with.
func UnfitWords(code int) string {
	if s, ok := unfitWords[code]; ok {
		return s
	}
	return "it can't be served"
}
