package audio

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"offhook/audio/dsp"
	"offhook/audio/dtmf"
	"offhook/audio/rtp"
	"offhook/codec"
)

// sender is the half of the loop that makes packets. Its fields belong to the loop.
//
//	music    --------------------> |   (instead of all of these)
//	player  -+
//	echo    -+-> frame -> mute -> in-band digits -+-> meter, recorder
//	stream  -+                                    +-> encode -+
//	silence -+                    RFC 4733 event -------------+-> header -> socket
type sender struct {
	format Format
	info   codec.Info
	enc    codec.Encoder
	ptime  time.Duration
	units  uint32 // RTP clock units in a frame

	rtp  *rtp.Sender
	past rtpPast // streams before this one
	buf  [maxDatagram]byte

	frame  []int16 // one packet time at the codec's rate
	filled int     // samples of frame that a clocked stream has given so far
	mute   bool    // desired; gain goes there along a ramp
	gain   *dsp.Gain
	meter  *dsp.Meter
	pauses pauses
	talk   mutedTalk

	digits []digit // queued; the one that sounds is in events or tones
	events *dtmf.Sender
	tones  *dtmf.Generator

	loss   heardLoss
	last   time.Time // when the stream's clock advanced last
	paused bool      // nothing was sent since
	handed bool      // the beat came from elsewhere then
}

// rtpPast sums up streams that a change of clock rate ended.
type rtpPast struct{ packets, octets uint64 }

// start takes a new format. The stream goes on: same SSRC, numbers in sequence,
// unless the RTP clock changes, which takes a stream of its own (RFC 7160, section
// 4.1: one SSRC can't be reported on in two clocks).
func (s *sender) start(f Format, ptime time.Duration, now time.Time) error {
	info := f.Codec.Info()
	enc, err := f.Codec.NewEncoder(codec.Params{Fmtp: f.Fmtp, FrameMS: int(ptime / time.Millisecond)})
	if err != nil {
		return err
	}
	if s.rtp == nil || s.rtp.ClockRate() != info.ClockRate {
		s.begin(info.ClockRate)
		s.last = time.Time{}
	}
	if s.info.SampleRate != info.SampleRate {
		s.gain, s.meter = dsp.NewGain(info.SampleRate), dsp.NewMeter(info.SampleRate)
		s.pauses.at(info.SampleRate)
		if s.mute {
			s.gain.Jump(0)
		}
	}
	if s.tones == nil || s.tones.Rate() != info.SampleRate {
		s.tones = dtmf.NewGenerator(info.SampleRate, 0, 0)
	}
	s.format, s.info, s.enc = f, info, enc
	s.tellLoss()
	s.setPtime(ptime)
	return nil
}

// begin starts a stream of another SSRC.
func (s *sender) begin(clock int) {
	if s.rtp != nil {
		s.past.packets += s.rtp.Packets()
		s.past.octets += s.rtp.Octets()
	}
	s.rtp = rtp.NewSender(rtp.SenderConfig{
		SSRC: rand.Uint32(), Sequence: uint16(rand.Uint32() >> 17), Timestamp: rand.Uint32(), ClockRate: clock,
	})
}

func (s *sender) setPtime(ptime time.Duration) {
	s.ptime = ptime
	s.units = uint32(ptime * time.Duration(s.info.ClockRate) / time.Second)
	s.frame = make([]int16, int(ptime*time.Duration(s.info.SampleRate)/time.Second))
	s.filled = 0
}

// setMute mutes or unmutes without a click.
func (s *sender) setMute(on bool) {
	s.mute = on
	switch {
	case s.gain == nil:
	case on:
		s.gain.Set(0)
	default:
		s.gain.Set(1)
	}
}

// digit waits to be sent.
type digit struct {
	char   byte
	inband bool
}

// nextDigit starts the next digit when the one before has gone out whole. The queue
// is ours, so that digits keep their order across modes and survive a new codec.
func (s *sender) nextDigit() {
	if len(s.digits) == 0 || s.tones.Active() || (s.events != nil && s.events.Active()) {
		return
	}
	d := s.digits[0]
	s.digits = s.digits[:copy(s.digits, s.digits[1:])]
	// SendDTMF has checked the characters.
	if d.inband || s.events == nil {
		_ = s.tones.Queue(string(rune(d.char)))
		return
	}
	_ = s.events.Queue(string(rune(d.char)))
}

// packets and octets of all streams.
func (s *sender) packets() uint64 {
	if s.rtp == nil {
		return 0
	}
	return s.past.packets + s.rtp.Packets()
}

func (s *sender) octets() uint64 {
	if s.rtp == nil {
		return 0
	}
	return s.past.octets + s.rtp.Octets()
}

// resume moves the timestamp over a time in which nothing was sent: what follows a
// hold is later by as much (RFC 3550, section 5.1).
func (s *sender) resume(now time.Time) {
	if s.last.IsZero() || s.ptime == 0 {
		return
	}
	if frames := now.Sub(s.last)/s.ptime - 1; frames > 0 {
		s.rtp.Silence(uint32(frames) * s.units)
	}
}

// passOver moves the timestamp over what a device or a loop that was away leaves out:
// beyond maxBacklog packets nothing is sent. Else the stream would be late by as much
// from then on, to the peer and in each SR.
func (s *sender) passOver(now time.Time) {
	if s.paused || s.handed || s.last.IsZero() {
		return // resume or handOver does it; or there is nothing before
	}
	if n := now.Sub(s.last)/s.ptime - maxBacklog; n > 0 {
		s.rtp.Silence(uint32(n) * s.units)
	}
}

// handOver moves the timestamp over what passed between two beats, the session's own and a
// device's: a device begins with an empty frame. Else all that follows would be late by
// as much, and the peer's buffer would hold that for as long as it remembers.
func (s *sender) handOver(now time.Time) {
	if s.last.IsZero() {
		return
	}
	if over := (now.Sub(s.last) - s.ptime).Truncate(time.Millisecond); over > 0 {
		s.rtp.Silence(uint32(over * time.Duration(s.info.ClockRate) / time.Second))
	}
}

// sendFrame sends the packet of one packet time. With a clocked stream s.frame was
// filled from the microphone; otherwise this reads the source.
func (l *loop) sendFrame(now time.Time) {
	s := &l.send
	switch {
	case s.paused:
		s.resume(now)
	case s.handed:
		s.handOver(now)
	}
	s.paused, s.handed = false, false
	pause := false
	if l.music != nil {
		if ended, err := l.music.read(s.frame); ended { // without sound, or it can't be read
			l.setMusic(nil)
			l.emit(PlayEnded{Err: err})
		}
	} else {
		l.fillFrame()
		l.noticeTalk()
		pause = l.mute()
	}
	s.filled = 0
	s.nextDigit()
	if s.tones.Active() {
		pause = false
		n, _ := s.tones.Read(s.frame)
		clear(s.frame[n:])
		for d, ok := s.tones.Ended(); ok; d, ok = s.tones.Ended() {
			l.emit(DigitSent{Digit: d})
		}
	}
	l.notice.mixOut(s.frame, s.info.SampleRate)
	s.meter.Write(s.frame)
	if l.rec != nil {
		l.rec.sent(s.frame, s.info.SampleRate)
	}
	s.last = now

	if s.events != nil && s.events.Active() {
		p, send, active := s.events.Next(s.buf[rtp.HeaderSize:], s.rtp.Timestamp())
		switch {
		case active && send:
			pkt := s.rtp.Event(s.buf[:], p.Size, l.params.EventSendPT, p.Marker, p.Stamp, s.units, now)
			l.write(pkt)
			if p.Ended != 0 {
				l.emit(DigitSent{Digit: p.Ended})
			}
			return
		case active:
			// Between digits audio flows, so that the peer hears no hole.
		}
	}
	if pause && l.leaveOut(now) {
		return
	}
	s.pauses.on = false
	n, err := s.enc.Encode(s.buf[rtp.HeaderSize:], s.frame)
	if err != nil {
		l.encodeFailed(err)
		s.rtp.Silence(s.units)
		return
	}
	if n == 0 { // DTX
		s.rtp.Silence(s.units)
		return
	}
	l.write(s.rtp.Audio(s.buf[:], n, s.format.PT, s.units, now))
}

// fillFrame takes the frame from the first source that has the word.
func (l *loop) fillFrame() {
	s := &l.send
	switch {
	case l.player != nil:
		ended, err := l.player.read(s.frame)
		if ended {
			l.player.close()
			l.player = nil
			l.emit(PlayEnded{Err: err})
		}
	case l.echo != nil:
		n, _ := l.echo.out.Read(s.frame)
		clear(s.frame[n:])
	case l.clocked():
		clear(s.frame[s.filled:])
	case l.mic != nil:
		n, err := l.mic.Read(s.frame)
		clear(s.frame[n:])
		if err != nil {
			l.streamFailed(err)
		}
	default:
		clear(s.frame)
	}
}

// encodeFailed falls back to 20 ms, which every codec takes, when the negotiated
// packet time is none of the codec's.
func (l *loop) encodeFailed(err error) {
	if l.send.ptime != DefaultPeriod {
		l.s.e.log.Info("the codec can't do the packet time; sending 20 ms", "codec", l.send.info.Name, "ptime", l.send.ptime, "error", err)
		l.send.setPtime(DefaultPeriod)
		l.retime()
		return
	}
	l.sendErrors++
}

// sending reports whether packets are to go out.
func (l *loop) sending() bool {
	return l.params.Send && l.send.enc != nil && !l.shield.closed() && l.reachable()
}

func sendable(a netip.AddrPort) bool {
	return a.IsValid() && a.Port() != 0 && !a.Addr().IsUnspecified()
}

// write sends one RTP packet. A network that refuses it is met again 20 ms later.
func (l *loop) write(pkt []byte) {
	if pkt = l.sealRTP(pkt); pkt != nil {
		_ = l.transmit(pkt, false) // it is counted there
	}
}
