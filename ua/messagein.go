package ua

import (
	"mime"
	"strings"
	"time"

	"offhook/ua/event"
	"offhook/ua/sip"
)

// typeText and its wrapper are what a MESSAGE may bring.
const (
	typeText       = "text/plain"
	acceptMessages = typeText + ", " + event.TypeCPIM
)

const (
	// messageBurst messages are taken at once, then messagesPerSecond, from everybody together.
	messageBurst      = 50
	messagesPerSecond = 5
)

// inbox bounds how fast messages come in. The loop owns it.
type inbox struct {
	tokens float64
	at     time.Time
}

// take says whether one more may come now.
func (i *inbox) take(now time.Time) bool {
	if i.at.IsZero() {
		i.tokens = messageBurst
	}
	i.tokens = min(messageBurst, i.tokens+messagesPerSecond*max(now.Sub(i.at).Seconds(), 0))
	i.at = now
	if i.tokens < 1 {
		return false
	}
	i.tokens--
	return true
}

// onMessage answers a MESSAGE (RFC 3428, section 7); c is the call that it came in, or nil.
// A type that can't be shown gets 415; 200 says that the person has it.
//
//	too fast                503, Retry-After
//	too large               413
//	not text, compressed    415, Accept, Accept-Encoding
//	otherwise               200
func (a *Agent) onMessage(l *line, c *phoneCall, st sip.ServerTransaction) {
	req := st.Request()
	switch {
	case !a.inbox.take(time.Now()):
		a.reply(st, 503, "Too Many Messages", func(res *sip.Response) { set(res, "Retry-After", "10") })
		return
	case len(req.Body()) > maxMessage:
		a.reply(st, 413, "", nil)
		return
	}
	kind := sip.HeaderValue(req, "Content-Type")
	text, ok := event.Text(kind, req.Body())
	if e := sip.HeaderValue(req, "Content-Encoding"); !ok || e != "" && !strings.EqualFold(e, "identity") {
		a.reply(st, 415, "", func(res *sip.Response) {
			set(res, "Accept", acceptMessages)
			set(res, "Accept-Encoding", "identity")
		})
		return
	}
	a.reply(st, 200, "", nil)
	if text == "" {
		return // a keep-alive of some phones
	}
	info := MessageInfo{Text: text, Type: mediaType(kind)}
	if c != nil {
		l, info.Call = c.line, c.id
	} else {
		l = a.lineFor(l, req)
	}
	info.Account = l.acc.Name
	if f := req.From(); f != nil {
		info.From, info.FromName = display(f.Address), remoteName(f.DisplayName)
	}
	if to := req.To(); to != nil {
		info.To = display(to.Address)
	}
	if at, err := time.Parse(sipDate, sip.HeaderValue(req, "Date")); err == nil {
		info.Sent = at
	}
	a.emit(func(m Meta) Event { return MessageReceived{Meta: m, Message: info} })
}

// mediaType is a type without its parameters, in lower case.
func mediaType(value string) string {
	kind, _, err := mime.ParseMediaType(value)
	if err != nil || kind == "" {
		return typeText
	}
	return event.Clean(kind, 128)
}
