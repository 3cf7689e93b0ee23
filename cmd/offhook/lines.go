package main

import (
	"fmt"
	"strings"
	"time"

	"offhook/ua"
	"offhook/ua/call"
)

// What is printed for people.

// stateLine is a call's state in words.
func stateLine(c ua.CallInfo) string {
	who := c.RemoteURI
	if c.RemoteName != "" {
		who = fmt.Sprintf("%q %s", c.RemoteName, who)
	}
	switch c.State {
	case call.Calling:
		return fmt.Sprintf("call %d: calling %s", c.ID, who)
	case call.Early:
		return fmt.Sprintf("call %d: ringing", c.ID)
	case call.Incoming:
		line := fmt.Sprintf("call %d: %s is calling %s", c.ID, who, c.Account)
		if more := peerLine(c); more != "" {
			line += "\n              " + more
		}
		return line
	case call.Answering:
		return fmt.Sprintf("call %d: answering", c.ID)
	case call.Confirmed:
		return fmt.Sprintf("call %d: connected to %s", c.ID, who)
	case call.Closing:
		return fmt.Sprintf("call %d: hanging up", c.ID)
	case call.Idle, call.Ended:
		return "" // said by other lines
	}
	return ""
}

// holdLine tells a change of hold; a wish that came to nothing is told by its failure.
func holdLine(c ua.CallInfo, was ua.Hold) string {
	switch h := c.Hold; {
	case h.Desired != h.Local && h.Desired:
		return fmt.Sprintf("call %d: putting on hold", c.ID)
	case h.Desired != h.Local:
		return fmt.Sprintf("call %d: resuming", c.ID)
	case h.Local && h.Remote:
		return fmt.Sprintf("call %d: on hold by both sides", c.ID)
	case h.Local:
		return fmt.Sprintf("call %d: on hold", c.ID)
	case h.Remote:
		return fmt.Sprintf("call %d: put on hold by the other side", c.ID)
	}
	if !was.Local && !was.Remote {
		return ""
	}
	return fmt.Sprintf("call %d: off hold", c.ID)
}

// failLine tells that a command failed, unless that ends the run.
func (p *printer) failLine(e ua.CommandFailed) string {
	if p.brief && e.Call != 0 {
		return ""
	}
	return fmt.Sprintf("%s failed: %v", e.Command, e.Err)
}

// endLine tells how a call went.
func endLine(c ua.CallInfo, brief bool) string {
	end := strings.ReplaceAll(c.Cause.String(), "_", " ")
	if c.Code != 0 {
		end += fmt.Sprintf(", %d %s", c.Code, c.Reason)
	}
	switch {
	case c.Err != nil && !brief:
		end += ": " + c.Err.Error()
	case c.Err == nil && c.EndReason.Words() != "" && c.Cause != call.LocalHangup && c.Cause != call.AnsweredElsewhere:
		end += ": " + c.EndReason.Words()
	}
	if c.Answered.IsZero() {
		return fmt.Sprintf("call %d: ended: %s", c.ID, end)
	}
	s := c.Stats
	line := fmt.Sprintf("call %d: ended after %s: %s\n              %s, sent %d packets, received %d, lost %d, jitter %.1f ms",
		c.ID, c.Ended.Sub(c.Answered).Round(time.Millisecond), end, c.Codec, s.PacketsSent, s.PacketsReceived, s.Lost, ms(s.Jitter))
	if q := qualityInAll(s); q != "" {
		line += "\n              " + q
	}
	return line
}

// why puts an error, or else a status, into words.
func why(err error, code int, reason string) string {
	switch {
	case err != nil && code != 0 && !strings.Contains(err.Error(), fmt.Sprint(code)):
		return fmt.Sprintf("%v (%d %s)", err, code, reason)
	case err != nil:
		return err.Error()
	}
	return fmt.Sprintf("%d %s", code, reason)
}
