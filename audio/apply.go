package audio

import (
	"errors"
	"net/netip"
	"time"

	"offhook/audio/dtmf"
	"offhook/audio/rtp"
)

// packetTime bounds what was negotiated to what codecs and networks take: whole
// tens of milliseconds up to 120 (RFC 3551, section 4.2; RFC 7587, section 3).
func packetTime(d time.Duration) time.Duration {
	if d <= 0 {
		return DefaultPeriod
	}
	const step = 10 * time.Millisecond
	return min(max(d.Truncate(step), step), 120*time.Millisecond)
}

// apply takes a new Params. What didn't change goes on undisturbed.
func (l *loop) apply(p Params, now time.Time) {
	if l.applied {
		l.drain(now) // what came until now is for the old Params to judge
	}
	old, was := l.params, l.sending()
	l.params, l.applied = p, true
	l.secure(p.Security, old.Early, now)
	l.latch.Signal(p.Remote)
	l.latch.Vouch(p.Vouched)
	l.latch.Open(p.Early)
	l.latch.Authenticate(p.Security != nil)
	if p.Receive && !old.Receive {
		l.latch.Reopen()
	}
	l.aim()
	l.shakeHands(now)
	if l.recv.buf != nil && p.Remote != old.Remote {
		l.recv.buf.Expect() // another fork may have answered
	}
	if p.Remote != old.Remote {
		l.unguard()
	}
	if err := l.applySend(old, p, now); err != nil {
		l.s.log.Error("the negotiated codec can't send", "error", err)
	}
	l.applyReceive(old, p, now)
	if l.recv.buf != nil {
		l.recv.buf.Settle(!p.Early && p.Security == nil)
	}
	l.ctl.apply(old, p, now)
	l.startPendingRecording()
	l.retime()
	if !was && l.sending() {
		l.send.paused = true
		l.firstFrame(old, now)
	}
	l.publish()
}

// firstFrame opens the path at once: no period and no device is waited for. Who has
// been hearing the peer all along, as on hold, goes on at the next beat instead.
func (l *loop) firstFrame(old Params, now time.Time) {
	switch {
	case old.Receive:
	case l.clocked():
		// Silence, ahead of what the microphone will bring: not a part of the recording.
		rec := l.rec
		l.rec, l.send.filled = nil, 0
		l.sendFrame(now)
		l.rec = rec
	default:
		l.beat(now, now)
		l.due = now.Add(l.period)
	}
}

func (l *loop) applySend(old, p Params, now time.Time) error {
	s := &l.send
	l.cutEvent(old, p, now)
	if p.Encode.Codec == nil {
		s.enc = nil
		return nil
	}
	ptime := packetTime(p.Ptime)
	if s.enc == nil || p.Encode.Fmtp != s.format.Fmtp || ptime != packetTime(old.Ptime) ||
		p.Encode.Codec.Info() != s.info {
		rate := s.info.SampleRate
		l.leaveStream(p, now)
		if err := s.start(p.Encode, ptime, now); err != nil {
			s.enc = nil
			return err
		}
		if s.info.SampleRate != rate {
			if err := l.newRate(); err != nil {
				return err
			}
		}
	}
	s.format = p.Encode // the payload type may have changed alone
	l.applyEvents(old, p, ptime)
	return nil
}

// applyEvents takes what carries digits from now on.
func (l *loop) applyEvents(old, p Params, ptime time.Duration) {
	s := &l.send
	switch clock := eventClock(p); {
	case p.EventSendPT == 0:
		s.events = nil
	case s.events == nil || clock != eventClock(old) || ptime != packetTime(old.Ptime):
		s.events = dtmf.NewSender(dtmf.SenderConfig{ClockRate: clock, Ptime: ptime})
	}
}

// cutEvent ends the digit that sounds when what carries it changes: three ends at once, in
// the stream that it began in (RFC 4733, section 2.5.1.4). What is queued goes on in the new
// one.
func (l *loop) cutEvent(old, p Params, now time.Time) {
	s := &l.send
	if s.events == nil || !p.Send || old.EventSendPT == p.EventSendPT && eventClock(old) == eventClock(p) && packetTime(old.Ptime) == packetTime(p.Ptime) {
		return
	}
	for {
		e, ok := s.events.Cut(s.buf[rtp.HeaderSize:])
		if !ok {
			return
		}
		l.write(s.rtp.Event(s.buf[:], e.Size, old.EventSendPT, e.Marker, e.Stamp, 0, now))
		if e.Ended != 0 {
			l.emit(DigitSent{Digit: e.Ended})
		}
	}
}

// eventAt is the clock of the telephone-event with payload type pt, 0 for none.
func (p *Params) eventAt(pt uint8) int {
	for _, e := range p.EventRecv {
		if e.PT == pt {
			return e.Clock
		}
	}
	if p.EventRecvPT != 0 && p.EventRecvPT == pt {
		return eventClock(*p)
	}
	return 0
}

// eventClock is the clock of telephone-event: it shares the stream's timestamps, so
// it is that of the audio beside it (RFC 4733, section 2.1).
func eventClock(p Params) int {
	if p.EventClock > 0 {
		return p.EventClock
	}
	if p.Encode.Codec != nil {
		return p.Encode.Codec.Info().ClockRate
	}
	return 8000
}

// newRate rebuilds what runs at the encoder's rate.
func (l *loop) newRate() error {
	var errs []error
	if l.player != nil {
		errs = append(errs, l.player.at(l.send.info.SampleRate))
	}
	if l.music != nil {
		errs = append(errs, l.music.at(l.send.info.SampleRate))
	}
	if l.stream != nil {
		errs = append(errs, l.connect())
	}
	if l.echo != nil {
		errs = append(errs, l.connectEcho())
	}
	return errors.Join(errs...)
}

func (l *loop) setMuted(on bool) {
	l.send.setMute(on)
}

// play starts p, or stops what plays when it is nil. In a conference all are to hear it.
func (l *loop) play(p *player) {
	l.player = l.change(l.player, p)
	if port, ok := l.stream.(*port); ok && p != nil {
		l.handOver(port)
	} else if ok && port.mix != nil {
		port.mix.mail.post(func() { port.mix.stopPlay(l.s) })
	}
}

// setMusic plays p until it is given nil.
func (l *loop) setMusic(p *player) { l.music = l.change(l.music, p) }

// change puts a player in an old one's place: what it returns plays, nil for nothing.
func (l *loop) change(old, p *player) *player {
	if old != nil {
		old.close()
	}
	if p == nil {
		return nil
	}
	rate := 8000
	if l.send.enc != nil {
		rate = l.send.info.SampleRate
	}
	if err := p.at(rate); err != nil {
		p.close()
		l.emit(PlayEnded{Err: err})
		return nil
	}
	return p
}

// echo carries what is heard back to the sender.
//
//	recv.Read -> ring -> (resample) -> sendFrame
type echo struct {
	ring *Ring
	rate int
	out  Source
}

// Rate and Read make the ring a live Source.
func (e *echo) Rate() int                     { return e.rate }
func (e *echo) Read(dst []int16) (int, error) { return e.ring.Read(dst), nil }

// echoRoom is the size of the ring: a fifth of a second.
const echoRoom = 5

// trim drops what waits beyond two packet times: the beats of the two directions may
// slip, and nothing is read while nothing is sent.
func (e *echo) trim(packet time.Duration, sending bool) {
	keep := 0
	if sending {
		keep = int(2 * packet * time.Duration(e.rate) / time.Second)
	}
	e.ring.Discard(e.ring.Len() - keep)
}

func (l *loop) setEcho(on bool) {
	l.echo = nil
	if !on {
		return
	}
	l.echo = &echo{}
	if err := l.connectEcho(); err != nil {
		l.s.log.Error("can't echo", "error", err)
		l.echo = nil
	}
}

func (l *loop) connectEcho() error {
	e := l.echo
	e.rate = l.recv.Rate()
	e.ring = NewRing(e.rate / echoRoom)
	rate := e.rate
	if l.send.enc != nil {
		rate = l.send.info.SampleRate
	}
	var err error
	e.out, err = Convert(e, rate)
	return err
}

// same reports whether two lists of formats decode alike.
func same(a, b []Format) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].PT != b[i].PT || a[i].Fmtp != b[i].Fmtp || a[i].Codec.Info() != b[i].Codec.Info() {
			return false
		}
	}
	return true
}

// nextPort is RTCP's, when signalling didn't name one (RFC 3550, section 11).
func nextPort(a netip.AddrPort) netip.AddrPort {
	if !a.IsValid() || a.Port() == 0 || a.Port() == 65535 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Addr(), a.Port()+1)
}

// unmapped is a without the IPv6 form of an IPv4 address: the latch knows none.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
