package audio

import (
	"errors"
	"slices"

	"offhook/audio/dsp"
)

// What a conference plays and records: files that all members hear, and one file of them
// all. The mixer's goroutine owns the fields, as in mixer.
//
//	member's player ──gets a port──> mixer, in the place of the microphone ──┐ all members
//	                <──gives the port back──                                 ┘ hear it
//	microphone or files -> left  ─┐
//	sum of all members  -> right ─┴─> recorder
type mixFiles struct {
	plays []mixPlay

	rec    *recorder
	notice *notice
	beep   []int16 // the notice's chunk
	all    []int16 // what the ear hears, or would
}

// mixPlay is what plays for a member; owner is nil once that has ended.
type mixPlay struct {
	p     *player
	owner *Session
}

// ErrNoConference says that there is nothing to record.
var ErrNoConference = errors.New("there is no conference to record")

func (f *mixFiles) init(n int) { f.beep, f.all = make([]int16, n), make([]int16, n) }

// RecordConference records all members to one file: left the microphone, or what is played
// in its place, right all members. It ends with the conference, or by StopRecordConference;
// tell gets RecordStarted and RecordEnded, from goroutines of the engine's.
func (e *Engine) RecordConference(path string, o RecordOptions, tell func(Event)) error {
	name, w, err := e.recordings.create(path, deviceWish, o.Layout.channels())
	if err != nil {
		return err
	}
	wanted := &wantedRecording{name, w, o}
	lost := func(why error) {
		tell(wanted.drop(why))
	}
	begin := func() {
		m := e.l.mix
		if m == nil {
			lost(ErrNoConference)
			return
		}
		if !m.mail.postOr(func() { m.record(wanted, tell) }, func() { lost(ErrNoConference) }) {
			lost(ErrNoConference)
		}
	}
	if !e.mail.postOr(begin, func() { lost(ErrClosed) }) {
		w.Close()
		return ErrClosed
	}
	return nil
}

// deviceWish is the rate that files are made for before it is known.
const deviceWish = 48000

// StopRecordConference ends the recording.
func (e *Engine) StopRecordConference() {
	e.mail.post(func() {
		if m := e.l.mix; m != nil {
			m.mail.post(m.endRecording)
		}
	})
}

func (m *mixer) record(w *wantedRecording, tell func(Event)) {
	m.endRecording()
	tell(RecordStarted{Path: w.path})
	rec, beep, err := w.start(m.rate, &m.e.recorders, func(r *recorder) {
		tell(r.result())
		m.mail.post(func() { m.recorded(r) })
	})
	if err != nil {
		tell(w.drop(err))
		return
	}
	m.rec, m.notice = rec, beep
}

// endRecording lets the file be finished, which its goroutine tells.
func (m *mixer) endRecording() {
	if m.rec != nil {
		m.rec.close()
		m.rec, m.notice = nil, nil
	}
}

// recorded hears that a file is whole, or that its disk failed.
func (m *mixer) recorded(r *recorder) {
	if m.rec == r {
		m.rec, m.notice = nil, nil
	}
}

// endFiles is for the end of the mixer. The file may be whole only later: the engine's loop
// waits for the mixer, and must not for a disk.
func (m *mixer) endFiles() {
	m.endRecording()
	for _, play := range m.plays {
		play.p.close()
	}
	m.plays = nil
}

// play takes over what a member plays: all are to hear it.
func (m *mixer) playFor(owner *Session, p *player) {
	m.stopPlay(owner)
	if err := p.at(m.rate); err != nil {
		m.played(mixPlay{p, owner}, err)
		return
	}
	m.plays = append(m.plays, mixPlay{p, owner})
}

// stopPlay ends what a member plays.
func (m *mixer) stopPlay(owner *Session) {
	for i, play := range m.plays {
		if play.owner == owner {
			play.p.close()
			m.plays = slices.Delete(m.plays, i, i+1)
			return
		}
	}
}

// handBack gives a member that leaves what it plays. One that has ended leaves it to the others.
func (m *mixer) handBack(owner *Session) {
	for i, play := range m.plays {
		if play.owner != owner {
			continue
		}
		if owner.mail.postOr(func() { owner.l.play(play.p) }, play.p.close) {
			m.plays = slices.Delete(m.plays, i, i+1)
		} else {
			m.plays[i].owner = nil
		}
		return
	}
}

// played tells a file's end to whom it was started for.
func (m *mixer) played(play mixPlay, err error) {
	play.p.close()
	if s := play.owner; s != nil {
		s.mail.post(func() { s.l.emit(PlayEnded{Err: err}) })
	}
}

// speakFiles puts what plays in the place of the microphone, if anything does.
func (m *mixer) speakFiles(voice []int16) {
	if len(m.plays) == 0 {
		return
	}
	clear(voice)
	for i := 0; i < len(m.plays); {
		chunk := m.all[:len(voice)] // free until the ear's sum
		ended, err := m.plays[i].p.read(chunk)
		dsp.Mix(voice, chunk)
		if !ended {
			i++
			continue
		}
		m.played(m.plays[i], err)
		m.plays = slices.Delete(m.plays, i, i+1)
	}
}

// recordMix takes a chunk of the conference.
func (m *mixer) recordMix(voice []int16, sum []int32) {
	if m.rec == nil {
		return
	}
	all := m.all[:len(voice)]
	for i := range all {
		all[i] = clip(sum[i])
	}
	m.rec.sent(voice, m.rate)
	m.rec.heard(all, m.rate)
}

// handOver gives what this session plays to the conference that lent it a port.
func (l *loop) handOver(p *port) {
	if l.player == nil || p.mix == nil {
		return
	}
	play := l.player
	if p.mix.mail.postOr(func() { p.mix.playFor(l.s, play) }, func() { l.s.mail.postOr(func() { l.play(play) }, play.close) }) {
		l.player = nil
	}
}
