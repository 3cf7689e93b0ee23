package pbx

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for _, c := range []struct{ dialled, want string }{
		{"echo", "echo: answer, echo"},
		{"ECHO", "echo: answer, echo"},
		{"*43", "echo: answer, echo"},
		{"milliwatt", "milliwatt: answer"},
		{"busy", "busy: reject 486"},
		{"*52", "decline: reject 603"},
		{"ring", "ring: "},
		{"delay", "delay: 3s answer, echo"},
		{"delay-0", "delay: answer, echo"},
		{"delay-12", "delay: 12s answer, echo"},
		{"delay-101", ""},
		{"delay--1", ""},
		{"delay-x", ""},
		{"early", "early: progress, 3s answer, echo"},
		{"early-480", "early: progress, 3s reject 480"},
		{"early-200", ""},
		{"hold", "hold: answer, 2s hold, 2s resume, 2s hold, 2s resume"},
		{"code-404", "code: reject 404"},
		{"*404", "code: reject 404"},
		{"*699", "code: reject 699"},
		{"*200", ""},
		{"code-700", ""},
		{"code-4040", ""},
		{"code", ""},
		{"*NNN", ""},
		{"echo-1", ""},
		{"echoes", ""},
		{"nobody", ""},
		{"", ""},
	} {
		e, steps, ok := find(catalogue(), c.dialled)
		got := ""
		if ok {
			var s []string
			for _, st := range steps {
				s = append(s, stepText(st))
			}
			got = e.name + ": " + strings.Join(s, ", ")
		}
		if got != c.want {
			t.Errorf("find(%q) = %q, want %q", c.dialled, got, c.want)
		}
	}
}

func stepText(s step) string {
	text := [...]string{answerIt: "answer", progress: "progress", reject: "reject", hold: "hold", resume: "resume", echo: "echo"}[s.do]
	if s.do == reject {
		text += fmt.Sprint(" ", s.code)
	}
	if s.after > 0 {
		text = s.after.String() + " " + text
	}
	return text
}

func TestServicesAreDistinct(t *testing.T) {
	seen := map[string]string{}
	for _, s := range Services() {
		if s.Name == "" || s.Number == "" || s.Summary == "" {
			t.Errorf("the service %+v lacks something", s)
		}
		for _, key := range []string{s.Name, s.Number} {
			if other, dup := seen[key]; dup {
				t.Errorf("%s reaches both %s and %s", key, other, s.Name)
			}
			seen[key] = s.Name
		}
	}
}

func TestCheckUsers(t *testing.T) {
	all := catalogue()
	for user, bad := range map[string]bool{"alice": false, "echo": true, "*43": true, "code-404": true, "": true, "echo2": false} {
		if err := checkUsers(map[string]string{user: "pw"}, all); (err != nil) != bad {
			t.Errorf("user %q: %v", user, err)
		}
	}
}

// power is what a Goertzel filter finds at hz, as the amplitude of a sine.
func power(pcm []int16, rate int, hz float64) float64 {
	w := 2 * math.Pi * hz / float64(rate)
	var re, im float64
	for i, s := range pcm {
		re += float64(s) * math.Cos(w*float64(i))
		im += float64(s) * math.Sin(w*float64(i))
	}
	return 2 * math.Hypot(re, im) / float64(len(pcm))
}

func peakOf(pcm []int16) int {
	top := 0
	for _, s := range pcm {
		top = max(top, int(s), -int(s))
	}
	return top
}

func TestMilliwatt(t *testing.T) {
	for _, rate := range []int{8000, 48000} {
		pcm := make([]int16, rate) // 1004 whole periods
		newMilliwatt(rate).fill(pcm)
		if got := power(pcm, rate, milliwattHz); math.Abs(20*math.Log10(got/32767)+3.17) > 0.02 {
			t.Errorf("at %d Hz: 1004 Hz at %.2f dBFS, want -3.17", rate, 20*math.Log10(got/32767))
		}
		for _, other := range []float64{1000, 1008, 2008} {
			if got := power(pcm, rate, other); got > 50 {
				t.Errorf("at %d Hz: amplitude %.0f at %.0f Hz, want none", rate, got, other)
			}
		}
	}
}

func TestMelody(t *testing.T) {
	const rate = 8000
	for name, tune := range map[string]tune{"ode to joy": odeToJoy(), "chime": chime()} {
		v := tune.voice(rate)
		for round := range 2 { // it starts over
			for i, n := range tune.notes {
				pcm := make([]int16, int(float64(n.eighths)*tune.eighth.Seconds()*rate+0.5))
				v.fill(pcm)
				if float64(peakOf(pcm)) > peak {
					t.Fatalf("%s: note %d peaks at %d, over %.0f", name, i, peakOf(pcm), float64(peak))
				}
				if n.key == 0 {
					if peakOf(pcm) != 0 {
						t.Errorf("%s: rest %d isn't silent", name, i)
					}
					continue
				}
				hz := 440 * math.Pow(2, float64(n.key-69)/12)
				if own, next := power(pcm, rate, hz), power(pcm, rate, hz*math.Pow(2, 2.0/12)); own < 10*next || own < 1000 {
					t.Errorf("%s, round %d: note %d sounds %.0f at its own pitch, %.0f a tone above", name, round, i, own, next)
				}
			}
		}
	}
}

func TestReadBack(t *testing.T) {
	const rate = 8000
	v := newReadBack(rate)
	r, ok := v.(*readBack)
	if !ok {
		t.Fatalf("newReadBack gave a %T", v)
	}
	listen := func(ms int) []int16 {
		pcm := make([]int16, rate*ms/1000)
		for at := 0; at < len(pcm); at += 160 {
			v.fill(pcm[at:min(at+160, len(pcm))])
		}
		return pcm
	}
	if peakOf(listen(100)) != 0 {
		t.Error("it speaks before anything was dialled")
	}
	r.hear('1')
	if peakOf(listen(900)) != 0 {
		t.Error("it doesn't wait for the rest")
	}
	r.hear('!') // a hook flash has no tone, and doesn't stop the rest
	r.hear('D')
	if peakOf(listen(1000)) != 0 {
		t.Error("a further digit doesn't prolong the wait")
	}
	one := listen(100)
	if low, high := power(one, rate, 697), power(one, rate, 1209); low < 4000 || high < 4000 {
		t.Errorf("a 1 is read back as %.0f at 697 Hz and %.0f at 1209 Hz", low, high)
	}
	listen(50) // the gap
	d := listen(100)
	if low, high := power(d, rate, 941), power(d, rate, 1633); low < 4000 || high < 4000 {
		t.Errorf("a D is read back as %.0f at 941 Hz and %.0f at 1633 Hz", low, high)
	}
	listen(50)
	if peakOf(listen(2000)) != 0 {
		t.Error("it doesn't fall silent")
	}
	for range 2 * maxDigits {
		r.hear('5') // more than it keeps: dropped, never waited for
	}
}

func TestVoicesAllocateNothing(t *testing.T) {
	for name, make160 := range map[string]voicing{"milliwatt": newMilliwatt, "melody": odeToJoy().voice, "read back": newReadBack} {
		v, frame := make160(8000), make([]int16, 160)
		if n := testing.AllocsPerRun(500, func() { v.fill(frame) }); n != 0 {
			t.Errorf("%s: %v allocations per frame", name, n)
		}
	}
}
