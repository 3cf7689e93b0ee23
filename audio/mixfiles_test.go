package audio

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"offhook/codec/g711"
)

// What one call plays is heard by all of a conference it comes into, and by that call alone
// after it; one file has it all.
func TestConferencePlaysAndRecordsForAll(t *testing.T) {
	backend := &fakeBackend{hz: 1500}
	host := newEngine(t, EngineConfig{Backend: backend})
	others := newEngine(t, EngineConfig{})
	h1, h2 := openPhone(t, host), openPhone(t, host)
	p1, p2 := openPhone(t, others), openPhone(t, others)
	dir := t.TempDir()
	tune, voice := filepath.Join(dir, "tune.wav"), filepath.Join(dir, "voice.wav")
	writeWAV(t, tune, 16000, sine(16000, 900, 48000))
	writeWAV(t, voice, 8000, sine(8000, 700, 8000))
	rec1, rec2, all := filepath.Join(dir, "1.wav"), filepath.Join(dir, "2.wav"), filepath.Join(dir, "all.wav")
	for p, rec := range map[*phone]string{p1: rec1, p2: rec2} {
		if err := p.Record(rec, RecordOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p1.Play(voice, PlayOptions{Loop: true}); err != nil {
		t.Fatal(err)
	}
	if err := h1.Play(tune, PlayOptions{}); err != nil { // before there is a conference
		t.Fatal(err)
	}
	h1.Apply(talk(p1.LocalAddr(), g711.PCMU{}, 0))
	h2.Apply(talk(p2.LocalAddr(), g711.PCMA{}, 8))
	host.Conference([]*Session{h1.Session, h2.Session}, false) // at the members' rate
	told := make(chan Event, 4)
	if err := host.RecordConference(all, RecordOptions{}, func(e Event) { told <- e }); err != nil {
		t.Fatal(err)
	}
	p1.Apply(talk(h1.LocalAddr(), g711.PCMU{}, 0))
	p2.Apply(talk(h2.LocalAddr(), g711.PCMA{}, 8))
	wait[PlayEnded](t, h1)
	host.StopRecordConference()
	started, ended := (<-told).(RecordStarted), (<-told).(RecordEnded)
	if started.Path != all || ended.Path != all || ended.Err != nil || ended.Duration < time.Second {
		t.Errorf("%+v, %+v", started, ended)
	}
	p1.Close()
	p2.Close()
	_, heard1 := readStereo(t, rec1, 8000)
	_, heard2 := readStereo(t, rec2, 8000)
	left, right := readStereo(t, all, 8000)
	for _, c := range []struct {
		who  string
		pcm  []int16
		hz   float64
		want bool
	}{
		{"the first party", heard1, 900, true},
		{"the second party", heard2, 900, true},
		{"the second party", heard2, 700, true},
		{"the left side of the recording", left, 900, true},
		{"the left side of the recording", left, 700, false},
		{"the right side of the recording", right, 700, true},
		{"the right side of the recording", right, 900, false},
	} {
		// Where a beat came late, a tone is cut or concealed, and then spreads a little.
		if p := loudest(c.pcm, 8000, c.hz); (p > 5500) != c.want || !c.want && p > 1000 {
			t.Errorf("%s has %.0f Hz at an amplitude of %.0f", c.who, c.hz, p)
		}
	}
}

// A call that leaves a conference takes along what it plays.
func TestPlayingLeavesWithItsCall(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	a, b := openPhone(t, e), openPhone(t, e)
	peers := newEngine(t, EngineConfig{})
	pa, pb := openPhone(t, peers), openPhone(t, peers)
	for pair, far := range map[*phone]*phone{a: pa, b: pb} {
		pair.Apply(talk(far.LocalAddr(), g711.PCMU{}, 0))
		far.Apply(talk(pair.LocalAddr(), g711.PCMU{}, 0))
	}
	dir := t.TempDir()
	tune := filepath.Join(dir, "tune.wav")
	writeWAV(t, tune, 8000, sine(8000, 900, 8000))
	e.Conference([]*Session{a.Session, b.Session}, false)
	if err := a.Play(tune, PlayOptions{}); err != nil {
		t.Fatal(err)
	}
	wait[FirstPacket](t, pa)
	wait[FirstPacket](t, pb)
	e.Conference(nil, false)
	rec := filepath.Join(dir, "pa.wav")
	if err := pa.Record(rec, RecordOptions{}); err != nil {
		t.Fatal(err)
	}
	wait[PlayEnded](t, a) // which only a session that plays tells
	pa.Close()
	if _, heard := readStereo(t, rec, 8000); loudest(heard, 8000, 900) < 5500 {
		t.Error("its peer no longer hears what it plays")
	}
}

func TestRecordingWithoutConferenceIsRefused(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	told := make(chan Event, 1)
	if err := e.RecordConference(filepath.Join(t.TempDir(), "all.wav"), RecordOptions{}, func(e Event) { told <- e }); err != nil {
		t.Fatal(err)
	}
	if end := (<-told).(RecordEnded); end.Err != ErrNoConference {
		t.Errorf("%+v", end)
	}
}

// A member's last word may come when the engine has closed the mixer.
func TestPortComesBackAfterTheMixerHasEnded(t *testing.T) {
	s := &Session{}
	s.over.Store(true)
	l := engineLoop{conference: conference{members: []*Session{s}, loans: map[*Session]*loan{s: {port: newPort(8000)}}}}
	l.returned(s)
	if len(l.loans) != 0 || len(l.members) != 0 {
		t.Errorf("%+v", l.conference)
	}
}

// hungFile is a recording on a disk that doesn't answer.
type hungFile struct{ answers chan struct{} }

func (hungFile) Begin(rate int) (int, error) { return rate, nil }
func (hungFile) Write([]int16) error         { return nil }
func (hungFile) Flush() error                { return nil }
func (h hungFile) Close() error              { <-h.answers; return nil }

// The end of a conference doesn't wait for the disk: the engine's loop waits for it.
func TestConferenceEndsWhileTheDiskHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &Engine{cfg: EngineConfig{}, mail: newMailbox(), log: discard}
		m := newMixer(e, 8000)
		go m.run()
		file := hungFile{make(chan struct{})}
		told := make(chan Event, 2)
		m.mail.post(func() { m.record(&wantedRecording{path: "x.wav", w: file}, func(ev Event) { told <- ev }) })
		stopped := make(chan struct{})
		go func() { m.stop(); close(stopped) }()
		synctest.Wait()
		select {
		case <-stopped:
		default:
			t.Error("the conference waits for the disk")
		}
		close(file.answers)
		<-stopped
		<-told
		if end, ok := (<-told).(RecordEnded); !ok || end.Err != nil {
			t.Errorf("%+v", end)
		}
	})
}
