package header

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"offhook/ua/sip"
)

// Warning is what a response says beside its code (RFC 3261, section 20.43).
type Warning struct {
	Code int
	// Agent is who warns: a host, or a name.
	Agent, Text string
}

// IncompatibleFormat warns that no codec is common to both (RFC 3261, section 20.43).
const IncompatibleFormat = 305

// IsZero says that there is none.
func (w Warning) IsZero() bool { return w == Warning{} }

// String is the header's value.
func (w Warning) String() string {
	if w.Code == 0 {
		return ""
	}
	agent := w.Agent
	if agent == "" || strings.ContainsAny(agent, " \t\",;<>") {
		agent = "offhook"
	}
	return fmt.Sprintf("%03d %s %s", w.Code, agent, sip.Quote(Clean(w.Text)))
}

// ParseWarning reads one value.
func ParseWarning(value string) (Warning, bool) {
	code, rest, ok := strings.Cut(strings.TrimSpace(value), " ")
	n, err := strconv.ParseUint(code, 10, 10)
	if !ok || err != nil || len(code) != 3 {
		return Warning{}, false
	}
	agent, text, ok := strings.Cut(strings.TrimSpace(rest), " ")
	text = strings.TrimSpace(text)
	if !ok || len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return Warning{}, false
	}
	return Warning{Code: int(n), Agent: Clean(agent), Text: Clean(sip.Unquote(text))}, true
}

// WarningOf is the first warning of a message.
func WarningOf(m sip.Message) Warning {
	for _, v := range sip.HeaderValues(m, "Warning") {
		if w, ok := ParseWarning(v); ok {
			return w
		}
	}
	return Warning{}
}

// maxWait bounds what a peer may ask one to wait; a longer wait is as good as never.
const maxWait = 7 * 24 * time.Hour

// ParseRetryAfter reads how long to wait (RFC 3261, section 20.33); a comment and a
// duration may follow.
func ParseRetryAfter(value string) (time.Duration, bool) {
	end := strings.IndexFunc(value, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(value)
	}
	n, err := strconv.ParseUint(value[:end], 10, 32)
	if rest := strings.TrimSpace(value[end:]); err != nil || rest != "" && rest[0] != '(' && rest[0] != ';' {
		return 0, false
	}
	return min(time.Duration(n)*time.Second, maxWait), true
}

// RetryAfterOf is how long a response asks to wait, 0 when it doesn't.
func RetryAfterOf(m sip.Message) time.Duration {
	d, _ := ParseRetryAfter(strings.TrimSpace(sip.HeaderValue(m, "Retry-After")))
	return d
}
