package audio

import (
	"errors"
	"sync"
	"time"

	"offhook/audio/dsp"
	"offhook/audio/rtp"
)

// loop is a session's own goroutine: it alone touches what is below it, so nothing
// here has a lock. Its beat comes from the device that was lent to it, or else from
// an alarm, once per packet time; with nothing to send or play, once per idlePoll.
//
//	mailbox ----------------+
//	alarm or device tick ---+-> drain sockets -> playFrame -> sendFrame -> report, publish
type loop struct {
	s        *Session
	emit     func(Event)
	rtpConn  socket
	rtcpConn socket
	closing  bool

	params  Params
	applied bool
	latch   rtp.Latch
	route   Route
	send    sender
	recv    receiver
	ctl     reporter
	rated   ratings
	odds    odds
	guard   guard
	shield  shield
	shake   handshake

	sendErrors uint64
	lostBefore uint64 // by the sockets of earlier places

	// Looks between the beats.
	attention attention
	looks     *time.Timer // nil before there were any
	glance    func()      // lookNow, made once

	// The beat.
	stream       Stream          // lent, nil for none
	base         StreamStats     // when it was lent
	used, before StreamStats     // by this loan and by earlier ones
	lead         lead            // how much waits for the ear
	ticks        <-chan struct{} // of a clocked stream
	alarm        alarm           // the session's own clock
	period       time.Duration   // of its beats, 0 while parked
	due          time.Time       // of the next own beat, or look
	mic          Source          // stream at the encoder's rate
	clip         clipTeller      // of the stream's microphone
	ear          Source          // recv at the stream's rate
	heard        []int16         // what goes to the ear next
	join         dsp.Seam        // in what the ear hears
	toner        toner
	tone         Tone

	player    *player
	music     *player // on hold: plays over and over in the place of all sources
	echo      *echo
	rec       *recorder
	recTo     *wantedRecording // waits for the first format
	notice    *notice          // of rec, nil for none
	finishing []*recorder      // their files aren't whole yet
	recorders sync.WaitGroup
}

// idlePoll is how often a loop without a beat looks at its sockets.
const idlePoll = 100 * time.Millisecond

func (l *loop) init(s *Session, rtp, rtcp socket) {
	l.s, l.rtpConn, l.rtcpConn = s, rtp, rtcp
	l.emit = s.o.OnEvent
	if l.emit == nil {
		l.emit = func(Event) {}
	}
	l.alarm = newRuntimeAlarm(s.mail.wake)
	l.due = time.Now().Add(idlePoll)
	l.glance = l.lookNow
	l.ctl.init(s.o.CNAME)
	l.recv.init(l)
}

func (l *loop) run() {
	defer l.finish()
	for !l.closing {
		if l.clocked() {
			l.awaitDevice()
		} else {
			l.awaitAlarm()
		}
	}
}

func (l *loop) awaitDevice() {
	select {
	case <-l.s.mail.wake:
		l.s.mail.run()
	case _, alive := <-l.ticks:
		if !alive {
			l.streamFailed(errStreamEnded)
			return
		}
		l.deviceTick(time.Now())
	}
}

func (l *loop) awaitAlarm() {
	l.alarm.set(l.due) // before the look at the mail: what is posted after it rings
	if l.s.mail.run() {
		return // and may have changed what to wait for
	}
	l.alarm.wait()
	l.ownTick(time.Now())
}

var errStreamEnded = errors.New("the device stopped")

// finish ends everything that the loop owns.
func (l *loop) finish() {
	l.bye(time.Now())
	if l.player != nil {
		l.player.close()
	}
	l.setMusic(nil)
	l.finishRecordings()
	l.endHandshakes()
	l.s.mail.close()
	l.release()
}

// release gives back what init was given.
func (l *loop) release() {
	l.alarm.close()
	if l.looks != nil {
		l.looks.Stop()
	}
	l.rtpConn.close()
	l.rtcpConn.close()
}

// clocked reports that a device gives the beat.
func (l *loop) clocked() bool { return l.ticks != nil }

// parked reports that there is no beat.
func (l *loop) parked() bool { return l.ticks == nil && l.period == 0 }

const (
	// maxCatchUp is how many packets a late loop sends at once: the newest that are
	// due. A peer's jitter buffer grows by as much as they are late, so older ones are
	// skipped, in the timestamps too, and the peer hears a pause.
	maxCatchUp = 3
	// maxMissed is how long skipped beats still take what had come to be heard then.
	maxMissed = 2 * time.Second
)

// ownTick runs the beats that are due on the session's own clock.
//
//	      due            due            due          now
//	-------|--------------|--------------|------------|---
//	 older: missed, nothing is sent   the newest maxCatchUp: beats
func (l *loop) ownTick(now time.Time) {
	if now.Before(l.due) {
		return // woken for the mail
	}
	if l.parked() {
		l.due = now.Add(idlePoll)
		l.drain(now)
		l.report(now)
		l.rate(now)
		l.publish()
		return
	}
	if away := now.Sub(l.due) - maxMissed; away > 0 { // stopped or asleep
		l.skip(int(away / l.period))
	}
	for now.Sub(l.due) >= maxCatchUp*l.period {
		l.missed(now)
	}
	for l.period != 0 && !now.Before(l.due) {
		l.beat(l.due, now)
		l.due = l.due.Add(l.period)
	}
	l.report(now)
	l.rate(now)
	l.publish()
}

// skip lets n beats pass as if they hadn't been.
func (l *loop) skip(n int) {
	l.due = l.due.Add(time.Duration(n) * l.period)
	if l.sending() {
		l.send.rtp.Silence(uint32(n) * l.send.units)
	}
}

// missed is a beat that comes too late to send anything. What was to be heard then
// is taken, so that it isn't delay from now on and a recording keeps its length.
func (l *loop) missed(now time.Time) {
	l.drain(now)
	l.playFrame(l.due)
	if l.echo != nil {
		l.echo.trim(l.frameTime(), l.sending())
	}
	if l.rec != nil {
		l.rec.hush()
	}
	l.skip(1)
}

// beat is one packet time without a clocked device. It plays what was due then, so
// that a late beat hears what a punctual one would have.
func (l *loop) beat(due, now time.Time) {
	l.drain(now)
	l.playFrame(due)
	if l.sending() {
		l.sendFrame(now)
	}
	l.watch(now)
}

// retime starts, changes or stops the session's own clock after something changed
// that it depends on.
func (l *loop) retime() {
	want := time.Duration(0)
	if !l.clocked() && (l.sending() || l.params.Receive || l.rec != nil || l.stream != nil) {
		want = l.frameTime()
	}
	if want == l.period {
		return
	}
	started := l.period == 0
	l.period = want
	now := time.Now()
	if want == 0 {
		l.due = now.Add(idlePoll)
		l.publish()
		return
	}
	if started || l.due.After(now.Add(want)) {
		l.due = now.Add(want)
	}
}

// frameTime is the packet time, that of the codec or the usual one.
func (l *loop) frameTime() time.Duration {
	if l.send.ptime > 0 {
		return l.send.ptime
	}
	return DefaultPeriod
}

// publish makes statistics and levels visible. It never waits: a reader that holds
// the snapshot at this instant gets the next one.
func (l *loop) publish() {
	if l.s.snap.TryLock() {
		l.s.stats = l.stats()
		l.s.snap.Unlock()
	}
	l.s.setLevels(l.meters())
	l.s.clips.Store(l.clip != nil && l.sending() && l.clip.clipped())
}
