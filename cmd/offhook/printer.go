package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"offhook/ua"
	"offhook/ua/call"
)

// printer says on stdout what happens: NDJSON, or lines for a person. One
// goroutine uses it. The first write that fails is kept: a closed pipe ends
// the run (it must not go on unheard).
type printer struct {
	w    io.Writer
	json bool
	err  error

	// brief leaves the words of a failure that ends the run to its message on stderr.
	brief bool

	heard map[string]bool           // accounts whose address was told
	up    map[string]bool           // accounts that have registered
	down  map[string]bool           // accounts whose failure was the last that was told
	calls map[ua.CallID]ua.CallInfo // as last seen, to tell changes of hold
	said  map[ua.SubscriptionID]string
	sound map[ua.CallID]sound
}

// sound is what was last printed of a call's audio; programs get each change.
type sound struct {
	what   string // format and place
	silent bool
}

func newPrinter(w io.Writer, asJSON bool) *printer {
	return &printer{w: w, json: asJSON, heard: map[string]bool{}, up: map[string]bool{}, down: map[string]bool{}, calls: map[ua.CallID]ua.CallInfo{}, said: map[ua.SubscriptionID]string{}, sound: map[ua.CallID]sound{}}
}

// emit prints one event in the chosen way. An empty text is for
// JSON only.
func (p *printer) emit(t time.Time, event any, format string, args ...any) {
	if p.err != nil {
		return
	}
	if p.json {
		var b []byte
		if b, p.err = json.Marshal(event); p.err == nil {
			_, p.err = p.w.Write(append(b, '\n'))
		}
		return
	}
	if text := fmt.Sprintf(format, args...); text != "" {
		_, p.err = fmt.Fprintf(p.w, "%s  %s\n", t.Format("15:04:05.000"), text)
	}
}

// event prints what the Agent tells.
func (p *printer) event(e ua.Event) {
	switch e := e.(type) {
	case ua.RegistrationChanged:
		p.registration(e)
	case ua.KeepAliveLearnt:
		p.emit(e.Time, keepAliveOf(e), "%s", keepAliveLine(e))
	case ua.NetworkChanged:
		p.emit(e.Time, networkOf(e), "%s", networkLine(e))
	case ua.ServerUnverified:
		p.emit(e.Time, insecureOf(e), "%s: INSECURE: %v; it is talked to all the same, as insecure says", e.Account, e.Err)
	case ua.CallChanged:
		p.call(e)
	case ua.DigitReceived:
		p.emit(e.Time, dtmfOf(e.Meta, e.Call, "in", e.Digit, e.Duration, e.Method), "call %d: heard digit %c (%s)", e.Call.ID, e.Digit, e.Method)
	case ua.DigitSent:
		p.emit(e.Time, dtmfOf(e.Meta, e.Call, "out", e.Digit, e.Duration, e.Method), "call %d: sent digit %c (%s)", e.Call.ID, e.Digit, e.Method)
	case ua.MediaChanged:
		p.media(e)
	case ua.ICEChanged:
		p.emit(e.Time, iceOf(e), "%s", iceLine(e))
	case ua.MediaWarned:
		p.emit(e.Time, mediaWarningOf(e), "call %d: warning: %s", e.Call.ID, e.Text)
	case ua.SecurityChanged:
		p.emit(e.Time, securityEventOf(e), "%s", securityLine(e))
	case ua.QualityReported:
		p.emit(e.Time, qualityReportOf(e), "%s", qualityReportLine(e))
	case ua.RecordingChanged:
		p.recording(e)
	case ua.TransferChanged:
		p.emit(e.Time, transferOf(e), "%s", transferLine(e.Call))
	case ua.Redirected:
		p.emit(e.Time, redirectedOf(e), "%s", redirectLine(e))
	case ua.OptionsAnswered:
		p.options(e)
	case ua.CallRefused:
		p.refused(e)
	case ua.PolicyChanged:
		p.policy(e)
	case ua.AudioDeviceChanged:
		p.emit(e.Time, audioDeviceOf(e), "%s", audioDeviceLine(e))
	case ua.MessageReceived, ua.MessageSent, ua.SubscriptionChanged, ua.PresencePublished:
		p.beyond(e)
	case ua.CommandFailed:
		p.emit(e.Time, errorEvent{headOf(e.Meta, "error", e.Account), uint64(e.Call), e.Command, message(e.Err)}, "%s", p.failLine(e))
	}
}

func (p *printer) registration(e ua.RegistrationChanged) {
	r := e.Registration
	if r.Contact != "" && !p.heard[r.Account] {
		p.heard[r.Account] = true
		p.emit(e.Time, listeningEvent{headOf(e.Meta, "listening", r.Account), r.AOR, r.Contact}, "%s listens as %s", r.Account, r.Contact)
	}
	switch r.State {
	case ua.Registered:
		p.up[r.Account], p.down[r.Account] = true, false
		p.emit(e.Time, registeredEvent{headOf(e.Meta, "registered", r.Account), r.AOR, r.Contact, r.Expires.Seconds(), learntOf(r)},
			"%s registered for %s%s", r.Account, r.Expires, learntLines(r))
	case ua.RegFailed:
		out := registrationFailedEvent{head: headOf(e.Meta, "registration_failed", r.Account), AOR: r.AOR, Code: r.Code, Reason: r.Reason, Error: message(r.Err)}
		if !r.RetryAt.IsZero() {
			out.RetryAt = &r.RetryAt
		}
		p.down[r.Account] = true
		line := r.Account + " could not register"
		if !p.brief || p.up[r.Account] {
			line += ": " + why(r.Err, r.Code, r.Reason)
		}
		p.emit(e.Time, out, "%s", line)
	case ua.Unregistered:
		if !p.up[r.Account] && r.Code == 0 {
			return // not registered yet: nothing has happened
		}
		line := ""
		if !p.down[r.Account] { // else it has been told that there is no registration
			line = r.Account + " unregistered"
		}
		p.emit(e.Time, unregisteredEvent{headOf(e.Meta, "unregistered", r.Account), r.AOR}, "%s", line)
	case ua.Registering, ua.Unregistering:
	}
}

func (p *printer) call(e ua.CallChanged) {
	c := e.Call
	was := p.calls[c.ID]
	p.calls[c.ID] = c
	if c.State != call.Idle && (e.Was != c.State || was.ID == 0) {
		p.emit(e.Time, callStateEvent{
			callHead: callHeadOf(e.Meta, "call_state", c), State: c.State.String(), Was: e.Was.String(),
			Local: c.LocalURI, RemoteName: c.RemoteName, ReferredBy: c.ReferredBy, Replaces: uint64(c.Replaces), Joins: uint64(c.Joins),
			Ring: c.Ring, Rule: c.Decision.Rule, Decision: c.Decision.Did, AutoAnswered: c.AutoAnswered, Peer: peerOf(c.Peer),
		}, "%s", stateLine(c))
	}
	if c.Hold != was.Hold {
		p.emit(e.Time, holdEvent{callHeadOf(e.Meta, "hold", c), c.Hold.Desired, c.Hold.Local, c.Hold.Remote}, "%s", holdLine(c, was.Hold))
	}
	p.session(e, was)
	if c.Conference != was.Conference {
		line := fmt.Sprintf("call %d: in the conference", c.ID)
		if !c.Conference {
			line = fmt.Sprintf("call %d: out of the conference", c.ID)
		}
		p.emit(e.Time, conferenceEvent{callHeadOf(e.Meta, "conference", c), c.Conference}, "%s", line)
	}
	if c.State == call.Ended {
		delete(p.calls, c.ID)
		delete(p.sound, c.ID)
		p.emit(e.Time, endedOf(e.Meta, c), "%s", endLine(c, p.brief))
	}
}

func (p *printer) media(e ua.MediaChanged) {
	c := e.Call
	var line string
	switch e.What {
	case ua.MediaStarted:
		line = fmt.Sprintf("call %d: audio from %s (%s)", c.ID, c.RemoteMedia, c.Codec)
	case ua.MediaUpdated:
		line = fmt.Sprintf("call %d: %s to %s", c.ID, c.Codec, c.RemoteMedia)
	case ua.MediaSilent:
		line = fmt.Sprintf("call %d: no audio comes", c.ID)
	case ua.MediaMeasured:
		if q := qualityNow(c.Stats); q != "" {
			line = fmt.Sprintf("call %d: %s", c.ID, q)
		}
	case ua.MediaPlayed:
		line = fmt.Sprintf("call %d: the file has been played", c.ID)
	case ua.MediaError:
		line = fmt.Sprintf("call %d: audio trouble: %v", c.ID, c.MediaErr)
	case ua.MediaMutedSpeech:
		line = fmt.Sprintf("call %d: somebody speaks into the muted microphone", c.ID)
	}
	was := p.sound[c.ID]
	now := sound{c.Codec + " to " + c.RemoteMedia.String(), was.silent && e.What != ua.MediaStarted || e.What == ua.MediaSilent}
	// The same format at the same place again, or silence that goes on, are no news.
	if (e.What == ua.MediaUpdated || e.What == ua.MediaSilent) && now == was {
		line = ""
	}
	p.sound[c.ID] = now
	p.emit(e.Time, mediaOf(e), "%s", line)
}

func (p *printer) options(e ua.OptionsAnswered) {
	r := e.Result
	if r.Err != nil && r.Code == 0 {
		line := ""
		if !p.brief {
			line = fmt.Sprintf("%s: %v", r.Target, r.Err)
		}
		p.emit(e.Time, optionsOf(e), "%s", line)
		return
	}
	lines := []string{fmt.Sprintf("%s: %d %s in %.1f ms", r.Target, r.Code, r.Reason, ms(r.RTT))}
	for _, detail := range []struct {
		name   string
		values []string
	}{
		{"user agent", nonEmpty(r.UserAgent)}, {"allow", r.Allow}, {"accept", r.Accept}, {"supported", r.Supported}, {"codecs", r.Codecs},
		{"warning", r.Way.Altered},
	} {
		if len(detail.values) > 0 {
			lines = append(lines, fmt.Sprintf("  %-11s %s", detail.name, strings.Join(detail.values, ", ")))
		}
	}
	p.emit(e.Time, optionsOf(e), "%s", strings.Join(lines, "\n"))
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
