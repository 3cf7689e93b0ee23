package audio

import (
	"slices"
	"sync"

	"offhook/audio/dsp"
	"offhook/audio/dtmf"
	"offhook/audio/soundfile"
)

// A session's recordings, in its loop:
//
//	Record ──> wanted ──first format──> recorder ──StopRecord, Record, end──> finishing ──file whole──> RecordEnded
//	                                        └──────────disk fails──────────────────────────────────────────^

// wantedRecording has its file, and waits for the rate of what it will hold.
type wantedRecording struct {
	path string
	w    soundfile.Writer
	o    RecordOptions
}

// drop closes the file of a recording that never began, and says why: the error of closing
// it, when no other is given.
func (w *wantedRecording) drop(why error) RecordEnded {
	err := w.w.Close()
	if why != nil {
		err = why
	}
	return RecordEnded{Path: w.path, Err: err}
}

// start begins it at rate, with its notice if it has one; the rest is as for startRecorder.
func (w *wantedRecording) start(rate int, running *sync.WaitGroup, ended func(*recorder)) (*recorder, *notice, error) {
	rec, err := startRecorder(w.path, w.w, rate, w.o.Layout, running, ended)
	if err != nil || !w.o.Notice {
		return rec, nil, err
	}
	return rec, &notice{}, nil
}

// Record writes the call to a file from now on, of which RecordStarted tells the name: a
// path that this run has recorded to before gets a number. The extension tells the format
// (see recordings.create). A file that can't be made is an error at once. A later Record
// ends an earlier one.
func (s *Session) Record(path string, o RecordOptions) error {
	name, w, err := s.e.recordings.create(path, int(s.wish.Load()), o.Layout.channels())
	if err != nil {
		return err
	}
	wanted := &wantedRecording{name, w, o}
	lost := func() { s.tell(wanted.drop(ErrClosed)) }
	if !s.mail.postOr(func() { s.l.record(wanted) }, lost) {
		w.Close()
		return ErrClosed
	}
	return nil
}

// StopRecord ends the recording; RecordEnded follows when its file is whole.
func (s *Session) StopRecord() { s.mail.post(func() { s.l.record(nil) }) }

// tell emits what happens beside the loop.
func (s *Session) tell(e Event) {
	if s.o.OnEvent != nil {
		s.o.OnEvent(e)
	}
}

// record starts a recording, or ends the one that runs when it is nil.
func (l *loop) record(w *wantedRecording) {
	l.endRecording()
	l.recTo = w
	if w != nil {
		l.emit(RecordStarted{Path: w.path})
	}
	l.startPendingRecording()
	l.retime()
}

// startPendingRecording starts the recording once a codec tells the best rate for it.
func (l *loop) startPendingRecording() {
	w := l.recTo
	if w == nil || !l.applied {
		return
	}
	rate := l.recv.Rate()
	if l.send.enc != nil {
		rate = max(rate, l.send.info.SampleRate)
	}
	l.recTo = nil
	rec, beep, err := w.start(rate, &l.recorders, func(r *recorder) { l.s.mail.post(func() { l.recorded(r) }) })
	if err != nil {
		l.emit(w.drop(err))
		return
	}
	l.rec, l.notice = rec, beep
}

// endRecording lets the recording's file be finished: the loop doesn't wait for the disk.
func (l *loop) endRecording() {
	if l.recTo != nil {
		l.emit(l.recTo.drop(nil))
		l.recTo = nil
	}
	if l.rec != nil {
		l.rec.close()
		l.finishing = append(l.finishing, l.rec)
		l.rec, l.notice = nil, nil
	}
}

// recorded hears that a recording's file is whole, or that its disk failed.
func (l *loop) recorded(r *recorder) {
	if l.rec == r {
		l.rec, l.notice = nil, nil
		l.retime()
	}
	l.finishing = slices.DeleteFunc(l.finishing, func(o *recorder) bool { return o == r })
	l.emit(r.result())
}

// finishRecordings waits for all files. Only the end of the loop calls it.
func (l *loop) finishRecordings() {
	l.endRecording()
	for _, r := range l.finishing {
		l.emit(r.result())
	}
	l.finishing = nil
	l.recorders.Wait()
}

// notice is the beep that tells both sides of a recording, in two clocks.
type notice struct {
	out, ear *dtmf.Progress
	buf      []int16
}

// mixOut and mixEar add the beep to what is sent and heard; a nil notice is silent.
func (n *notice) mixOut(pcm []int16, rate int) {
	if n != nil {
		n.out = n.mix(n.out, pcm, rate)
	}
}

func (n *notice) mixEar(pcm []int16, rate int) {
	if n != nil {
		n.ear = n.mix(n.ear, pcm, rate)
	}
}

func (n *notice) mix(beep *dtmf.Progress, pcm []int16, rate int) *dtmf.Progress {
	if beep == nil || beep.Rate() != rate {
		beep = dtmf.NewProgress(rate, dtmf.Europe.Cadence(dtmf.Recording))
	}
	if len(n.buf) < len(pcm) {
		n.buf = make([]int16, len(pcm))
	}
	beep.Read(n.buf[:len(pcm)]) // never short, never fails
	dsp.Mix(pcm, n.buf[:len(pcm)])
	return beep
}
