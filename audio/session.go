package audio

import (
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"offhook/audio/dsp"
	"offhook/audio/dtmf"
)

const (
	// rtpSlots hold over half a second of 20 ms packets while the loop is away, where a
	// reader fills them.
	rtpSlots = 32
	// rtcpSlots: reports come each few seconds.
	rtcpSlots = 4
)

// Session is one call's media. Its methods may be called from any goroutine; they
// post to the session's loop and return.
//
//	RTP socket  -+-> loop: jitter buffer, codecs, packetiser, DTMF
//	RTCP socket -+     |-> recorder's goroutine -> WAV
//	mailbox     -+     \-> events, stats, levels
//	   ^ methods
type Session struct {
	e   *Engine
	o   OpenOptions
	log *slog.Logger
	at  atomic.Pointer[plugs]
	way atomic.Pointer[way]

	contacts contacts
	inlet    inlet

	mail *mailbox
	over atomic.Bool // the loop has ended
	wish atomic.Int64
	done chan struct{}
	once sync.Once

	snap   sync.Mutex // guards stats; the loop only tries it, so it never waits
	stats  Stats
	levels [2]atomic.Uint64 // mic and ear, as float bits
	clips  atomic.Bool

	l loop
}

// newSession makes a session on sockets, which it closes at its end.
func newSession(e *Engine, o OpenOptions, p plugs) *Session {
	s := &Session{e: e, o: o, log: e.log, mail: newMailbox(), done: make(chan struct{})}
	s.at.Store(&p)
	s.wish.Store(48000) // the best, until a codec says that less will do
	s.setLevels(dsp.Silence, dsp.Silence)
	s.l.init(s, p.media, p.reports)
	s.l.toner.plan = e.plan
	return s
}

// sleepOn makes a the loop's alarm. It is called before the session is used.
func (s *Session) sleepOn(a alarm) {
	s.l.alarm.close()
	s.l.alarm, s.mail.ring = a, a.ring
}

// run is the session's goroutine.
func (s *Session) run() {
	defer close(s.done)
	s.l.run()
	s.over.Store(true)
	s.e.forget(s)
}

// LocalAddr is the RTP socket's address; RTCP is on the next port.
func (s *Session) LocalAddr() netip.AddrPort { return s.at.Load().rtp }

// Apply takes what was negotiated. When it lets us send, the first packet goes out
// at once, whatever the state of the device.
func (s *Session) Apply(p Params) {
	if p.Encode.Codec != nil {
		s.wish.Store(int64(p.Encode.Codec.Info().SampleRate))
	}
	s.mail.post(func() {
		s.l.apply(p, time.Now())
		s.e.mail.post(func() { s.e.l.rated(s) })
	})
}

// SetMuted sends silence in the place of all sources; digits still go out.
func (s *Session) SetMuted(on bool) {
	s.mail.post(func() { s.l.setMuted(on) })
}

// SendDTMF queues digits. Characters that are none are dropped. DTMFInfo is the
// signalling plane's and counts as DTMFRFC4733 here; that becomes in-band when no
// telephone-event was negotiated.
func (s *Session) SendDTMF(digits string, mode DTMFMode) {
	var queue []digit
	for i := range len(digits) {
		if dtmf.Check(digits[i:i+1]) == nil {
			queue = append(queue, digit{char: digits[i], inband: mode == DTMFInband})
		}
	}
	s.mail.post(func() { s.l.send.digits = append(s.l.send.digits, queue...) })
}

// Play sends the file at path into the call instead of the microphone: WAV, Ogg-Opus or
// bare samples (see soundfile.Open). A later Play takes the place of an earlier one.
func (s *Session) Play(path string, o PlayOptions) error {
	p, err := openPlayer(path, o)
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	lost := func() {
		p.close()
		s.tell(PlayEnded{Err: ErrClosed})
	}
	if !s.mail.postOr(func() { s.l.play(p) }, lost) {
		p.close()
		return fmt.Errorf("play: %w", ErrClosed)
	}
	return nil
}

// Music sends the file at path over and over, in the place of all other sources and
// muted or not, until StopMusic: what a held peer hears.
func (s *Session) Music(path string) error {
	p, err := openPlayer(path, PlayOptions{Loop: true})
	if err != nil {
		return fmt.Errorf("music on hold: %w", err)
	}
	if !s.mail.postOr(func() { s.l.setMusic(p) }, p.close) {
		p.close()
		return fmt.Errorf("music on hold: %w", ErrClosed)
	}
	return nil
}

// StopMusic goes back to the other sources.
func (s *Session) StopMusic() { s.mail.post(func() { s.l.setMusic(nil) }) }

// StopPlay goes back to the microphone. No PlayEnded follows.
func (s *Session) StopPlay() { s.mail.post(func() { s.l.play(nil) }) }

// SetEcho sends back what is received.
func (s *Session) SetEcho(on bool) { s.mail.post(func() { s.l.setEcho(on) }) }

// Stats is what the loop counted at its last tick.
func (s *Session) Stats() Stats {
	s.snap.Lock()
	defer s.snap.Unlock()
	return s.stats
}

// Levels are the meters. A session that is quiet shows silence.
func (s *Session) Levels() Levels {
	return Levels{Mic: math.Float64frombits(s.levels[0].Load()), Ear: math.Float64frombits(s.levels[1].Load()), Clipped: s.clips.Load()}
}

func (s *Session) setLevels(mic, ear float64) {
	s.levels[0].Store(math.Float64bits(mic))
	s.levels[1].Store(math.Float64bits(ear))
}

// Close says BYE in RTCP, finishes files, gives the device back and waits for all
// that to end.
func (s *Session) Close() error {
	s.once.Do(func() { s.mail.post(func() { s.l.closing = true }) })
	<-s.done
	return nil
}

// ended reports that the session is no more.
func (s *Session) ended() bool { return s.over.Load() }

// The engine's side of the lease.

// grant lends st. It reports false when the session has ended.
func (s *Session) grant(st Stream, tone Tone) bool {
	return s.mail.post(func() { s.l.lend(st, tone, time.Now()) })
}

// revoke asks for the stream; the session acknowledges by Engine.gaveBack. A session
// that is ending gives back by itself.
func (s *Session) revoke() bool {
	s.mail.post(func() { s.l.giveBack(nil) })
	return true
}

func (s *Session) setTone(t Tone) { s.mail.post(func() { s.l.setTone(t) }) }

// deviceFailed tells that the device couldn't be opened.
func (s *Session) deviceFailed(err error) {
	s.mail.post(func() { s.l.emit(DeviceFailed{Err: err}) })
}

// mutedSpeech tells that the muted microphone of the session's conference hears speech.
func (s *Session) mutedSpeech() {
	s.mail.post(func() { s.l.emit(MutedSpeech{}) })
}

// wishRate is the rate at which nothing need be resampled.
func (s *Session) wishRate() int { return int(s.wish.Load()) }
