package ua

import (
	"fmt"
	"mime"
	"strconv"
	"strings"
	"time"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/sip"
)

// infoDuration is what we say of a digit sent by INFO.
const infoDuration = 160 * time.Millisecond

// resolveDTMF decides how digits travel: as the account says, and for auto by
// RFC 4733 if that was negotiated, else by INFO if the peer allows it, else in-band.
func (c *phoneCall) resolveDTMF() audio.DTMFMode {
	events := c.result.Params.EventSendPT != 0
	switch mode := c.line.acc.DTMFMode; {
	case mode == audio.DTMFInfo, mode == audio.DTMFInband:
		return mode
	case events:
		return audio.DTMFRFC4733
	case c.peerInfo:
		return audio.DTMFInfo
	default:
		return audio.DTMFInband
	}
}

// SendDTMF sends digits, by the means that the call has.
func (a *Agent) SendDTMF(id CallID, digits string) {
	a.withCall("dtmf", id, func(c *phoneCall) {
		digits, ok := cleanDigits(digits)
		switch {
		case !ok:
			a.fail("dtmf", c, fmt.Errorf("%w", ErrDigits))
		case c.m.State() != call.Confirmed && c.m.State() != call.Early || c.session == nil || !c.agreed:
			a.fail("dtmf", c, ErrNotUp)
		case c.dtmf == audio.DTMFInfo && c.m.State() == call.Early:
			a.fail("dtmf", c, ErrNotUp)
		case c.dtmf == audio.DTMFInfo:
			c.step(call.Digits{Digits: digits})
		default:
			c.session.SendDTMF(digits, c.dtmf)
		}
	})
}

// cleanDigits takes the separators that people type out, and makes a to d capital.
func cleanDigits(s string) (string, bool) {
	var b strings.Builder
	for _, r := range strings.ToUpper(s) {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'D', r == '*', r == '#':
			b.WriteRune(r)
		case r == ' ', r == '-':
		default:
			return "", false
		}
	}
	return b.String(), b.Len() > 0
}

// sendInfo sends one digit in the form that most gateways take.
func (c *phoneCall) sendInfo(digit byte) {
	leg := c.main()
	if leg == nil {
		return
	}
	x := c.inDialog(leg, sip.INFO, func(req *sip.Request) {
		if c.bareDigits {
			set(req, "Content-Type", typeDTMF)
			req.SetBody([]byte{digit})
			return
		}
		set(req, "Content-Type", typeRelay)
		req.SetBody(fmt.Appendf(nil, "Signal=%c\r\nDuration=%d\r\n", digit, infoDuration.Milliseconds()))
	})
	x.onResponse = func(res *sip.Response, err error) {
		switch {
		case res != nil && res.StatusCode == 415 && !c.bareDigits && holds(sip.HeaderValues(res, "Accept"), typeDTMF):
			c.bareDigits = true // RFC 3261, section 8.1.3.5: in the form that it takes
			c.sendInfo(digit)
		case res != nil && res.StatusCode >= 200:
			c.step(call.InfoDone{Code: res.StatusCode, Reason: res.Reason, Err: err})
		case err != nil:
			c.step(call.InfoDone{Err: err})
		}
	}
	c.sendInDialog(leg, x)
}

// parseDTMFInfo reads a digit out of an INFO's body: "Signal=5" lines of
// application/dtmf-relay with stray spaces, the bare digit of application/dtmf, and *
// and # as 10 and 11 (interop 51).
func parseDTMFInfo(contentType string, body []byte) (digit byte, d time.Duration, ok bool) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return 0, 0, false
	}
	text := strings.ReplaceAll(string(body), "\r", "\n")
	switch kind {
	case typeDTMF:
		if digit, ok = infoDigit(text); ok {
			return digit, 0, true
		}
		fallthrough // some send the relay's form under this name
	case typeRelay:
		for line := range strings.SplitSeq(text, "\n") {
			name, value, found := strings.Cut(line, "=")
			if !found {
				name, value, found = strings.Cut(line, ":")
			}
			if !found {
				continue
			}
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "signal":
				digit, ok = infoDigit(value)
			case "duration":
				if n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16); err == nil {
					d = time.Duration(n) * time.Millisecond
				}
			}
		}
	}
	if !ok {
		return 0, 0, false
	}
	return digit, d, true
}

// infoDigit reads 0-9, *, #, A-D, and the event numbers of RFC 4733 from 10 on.
func infoDigit(s string) (byte, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) == 1 && strings.Contains("0123456789*#ABCD", s) {
		return s[0], true
	}
	n, err := strconv.Atoi(s)
	if err != nil || len(s) != 2 || n < 10 || n > 15 {
		return 0, false
	}
	return "*#ABCD"[n-10], true
}
