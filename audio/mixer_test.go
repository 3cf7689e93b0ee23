package audio

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"offhook/codec"
	"offhook/codec/g711"
	"offhook/codec/opus"
)

// Three parties: each hears both others and not itself. Tones at three frequencies tell
// who is heard where.
func TestConferenceOfThree(t *testing.T) {
	for _, c := range []struct {
		name  string
		codec codec.Codec
		pt    uint8
	}{{"PCMU", g711.PCMU{}, 0}, {"opus", opus.Codec{}, 96}} {
		t.Run(c.name, func(t *testing.T) {
			backend := &fakeBackend{hz: 1500}
			host := newEngine(t, EngineConfig{Backend: backend})
			others := newEngine(t, EngineConfig{})
			h1, h2 := openPhone(t, host), openPhone(t, host)
			p1, p2 := openPhone(t, others), openPhone(t, others)
			dir := t.TempDir()
			for p, hz := range map[*phone]float64{p1: 700, p2: 1100} {
				name := filepath.Join(dir, "in.wav")
				if p == p2 {
					name = filepath.Join(dir, "in2.wav")
				}
				writeWAV(t, name, 16000, sine(16000, hz, 32000))
				if err := p.Play(name, PlayOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			rec1, rec2 := filepath.Join(dir, "1.wav"), filepath.Join(dir, "2.wav")
			if err := p1.Record(rec1, RecordOptions{}); err != nil {
				t.Fatal(err)
			}
			if err := p2.Record(rec2, RecordOptions{}); err != nil {
				t.Fatal(err)
			}
			host.Conference([]*Session{h1.Session, h2.Session}, false)
			h1.Apply(talk(p1.LocalAddr(), c.codec, c.pt))
			h2.Apply(talk(p2.LocalAddr(), g711.PCMA{}, 8)) // each call has its own codec
			p1.Apply(talk(h1.LocalAddr(), c.codec, c.pt))
			p2.Apply(talk(h2.LocalAddr(), g711.PCMA{}, 8))
			wait[PlayEnded](t, p1)
			wait[PlayEnded](t, p2)
			p1.StopRecord()
			p2.StopRecord()
			p1.Close()
			p2.Close()
			_, heard1 := readStereo(t, rec1, c.codec.Info().SampleRate)
			_, heard2 := readStereo(t, rec2, 8000)
			ear := backend.opened()[0].ear()
			for name, part := range map[string]struct {
				pcm  []int16
				rate int
				own  float64
				hear []float64
			}{
				"first":  {heard1, c.codec.Info().SampleRate, 700, []float64{1100, 1500}},
				"second": {heard2, 8000, 1100, []float64{700, 1500}},
				"host":   {ear, 48000, 1500, []float64{700, 1100}},
			} {
				for _, hz := range part.hear {
					if p := loudest(part.pcm, part.rate, hz); p < 5500 {
						t.Errorf("the %s party hears %.0f Hz at an amplitude of %.0f, not of some 8000", name, hz, p)
					}
				}
				if p := loudest(part.pcm, part.rate, part.own); p > 300 {
					t.Errorf("the %s party hears itself (%.0f Hz, amplitude %.0f)", name, part.own, p)
				}
			}
		})
	}
}

// The sum, by hand: everybody without oneself, the ear without the microphone, and no
// overflow.
func TestMixIsTheSumOfTheOthers(t *testing.T) {
	m := newMixer(nil, 8000)
	defer m.pacer.Stop()
	m.stream, m.mic = &nullStream{rate: 8000}, constant(1000)
	for _, level := range []int16{20000, 30000, -7} {
		p := newPort(8000)
		m.ports = append(m.ports, p)
		pcm := make([]int16, 80)
		for i := range pcm {
			pcm[i] = level
		}
		if err := p.Write(pcm); err != nil {
			t.Fatal(err)
		}
	}
	ear := make([]int16, 80)
	if n, err := m.Read(ear); n != 80 || err != nil {
		t.Fatal(n, err)
	}
	if ear[40] != 32767 {
		t.Errorf("the ear hears %d", ear[40])
	}
	for i, want := range []int16{30993, 20993, 32767} {
		var got [80]int16
		if n, _ := m.ports[i].Read(got[:]); n != 80 || got[40] != want {
			t.Errorf("member %d hears %d (%d samples), want %d", i, got[40], n, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { m.mix(ear, 80); m.signal() }); n != 0 {
		t.Errorf("%v allocations for a mix", n)
	}
}

type constant int16

func (constant) Rate() int { return 8000 }
func (c constant) Read(dst []int16) (int, error) {
	for i := range dst {
		dst[i] = int16(c)
	}
	return len(dst), nil
}

// A conference takes the device over and gives it back, whoever joins, leaves or hangs up.
func TestConferenceAndTheDevice(t *testing.T) {
	backend := &fakeBackend{}
	virtual(t, EngineConfig{Backend: backend}, func(t *testing.T, e *Engine) {
		a, b, c := newDryPhone(e), newDryPhone(e), newDryPhone(e)
		lent := func(p *dryPhone) Stream {
			var st Stream
			done := make(chan struct{})
			p.mail.post(func() { st = p.l.stream; close(done) })
			<-done
			return st
		}
		settle := func() { time.Sleep(100 * time.Millisecond); synctest.Wait() }
		kind := func(p *dryPhone) string {
			switch lent(p).(type) {
			case nil:
				return "nothing"
			case *port:
				return "port"
			}
			return "device"
		}
		expect := func(step string, want ...string) {
			t.Helper()
			settle()
			for i, p := range []*dryPhone{a, b, c} {
				if p.ended() {
					continue
				}
				if got := kind(p); got != want[i] {
					t.Errorf("%s: phone %d has %s, want %s", step, i, got, want[i])
				}
			}
		}
		e.Focus(a.Session)
		expect("a call", "device", "nothing", "nothing")
		e.Conference([]*Session{a.Session, b.Session}, false)
		expect("a conference", "port", "port", "nothing")
		e.Conference([]*Session{a.Session, b.Session, c.Session}, true)
		expect("one more", "port", "port", "port")
		e.Conference([]*Session{a.Session, c.Session}, false)
		expect("one less", "port", "nothing", "port")
		e.Focus(b.Session)
		expect("another call", "nothing", "device", "nothing")
		e.Conference([]*Session{a.Session, c.Session}, false)
		expect("back", "port", "nothing", "port")
		a.Close()
		expect("one hangs up", "", "nothing", "port")
		e.Focus(c.Session)
		expect("the last one", "", "nothing", "device")
		e.Conference([]*Session{b.Session, c.Session}, false)
		e.Conference(nil, false)
		expect("nobody", "", "nothing", "nothing")
		e.Conference([]*Session{b.Session, c.Session}, false)
		b.Close()
		c.Close()
		settle()
		if n := len(backend.opened()); n != 1 {
			t.Errorf("the device was opened %d times", n)
		}
	})
}

// Music plays over and over, muted or not, and ends without a trace.
func TestMusicOnHold(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	a, b := openPhone(t, e), openPhone(t, e)
	dir := t.TempDir()
	music, speech, rec := filepath.Join(dir, "music.wav"), filepath.Join(dir, "speech.wav"), filepath.Join(dir, "rec.wav")
	writeWAV(t, music, 16000, sine(16000, 900, 1600)) // a tenth of a second
	writeWAV(t, speech, 8000, sine(8000, 400, 8000))
	if err := b.Record(rec, RecordOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := a.Music(music); err != nil {
		t.Fatal(err)
	}
	if err := a.Music(filepath.Join(dir, "none.wav")); err == nil {
		t.Error("no error for a file that isn't there")
	}
	a.SetMuted(true)
	b.Apply(talk(a.LocalAddr(), g711.PCMU{}, 0))
	a.Apply(talk(b.LocalAddr(), g711.PCMU{}, 0))
	if err := b.Play(speech, PlayOptions{}); err != nil { // a second of music meanwhile
		t.Fatal(err)
	}
	wait[PlayEnded](t, b)
	a.SetMuted(false)
	if err := a.Play(speech, PlayOptions{}); err != nil {
		t.Fatal(err)
	}
	a.StopMusic()
	wait[PlayEnded](t, a)
	b.StopRecord()
	b.Close()
	_, heard := readStereo(t, rec, 8000)
	if p := loudest(heard, 8000, 900); p < 7000 {
		t.Errorf("the music is heard at %.0f", p)
	}
	if p := loudest(heard, 8000, 400); p < 7000 {
		t.Errorf("the speech after it is heard at %.0f", p)
	}
}
