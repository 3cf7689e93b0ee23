package audio

import (
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"offhook/codec"
	"offhook/codec/g711"
	"offhook/codec/opus"
)

// Two sessions over loopback sockets: the tests of this file need the sockets.

var loopback = netip.MustParseAddr("127.0.0.1")

// phone is a session and what it said.
type phone struct {
	*Session
	events chan Event
}

func openPhone(t testing.TB, e *Engine) *phone {
	t.Helper()
	p := &phone{events: make(chan Event, 1000)}
	s, err := e.Open(t.Context(), OpenOptions{Local: loopback, OnEvent: func(ev Event) {
		select {
		case p.events <- ev:
		default:
			panic("a test with more events than it reads")
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.Session = s
	t.Cleanup(func() { s.Close() })
	return p
}

func newEngine(t testing.TB, cfg EngineConfig) *Engine {
	t.Helper()
	e, err := NewEngine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// wait returns the first event of type E, dropping those before it.
func wait[E Event](t testing.TB, p *phone) E {
	t.Helper()
	for late := time.After(10 * time.Second); ; {
		select {
		case ev := <-p.events:
			if e, ok := ev.(E); ok {
				return e
			}
		case <-late:
			var none E
			t.Fatalf("no %T came; %+v", none, p.Stats())
			return none
		}
	}
}

// talk is a two-way stream in one codec with telephone-event on 101.
func talk(to netip.AddrPort, c codec.Codec, pt uint8) Params {
	return Params{
		Remote: to, Send: true, Receive: true,
		Encode: Format{PT: pt, Codec: c}, Decode: []Format{{PT: pt, Codec: c}},
		EventSendPT: 101, EventRecvPT: 101, EventClock: c.Info().ClockRate,
	}
}

var formats = []struct {
	name  string
	codec codec.Codec
	pt    uint8
}{
	{"PCMU", g711.PCMU{}, 0}, {"PCMA", g711.PCMA{}, 8}, {"opus", opus.Codec{}, 96},
}

func TestCallCarriesSoundAndDigits(t *testing.T) {
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			e := newEngine(t, EngineConfig{PortMin: 20000, PortMax: 29999})
			a, b := openPhone(t, e), openPhone(t, e)
			if p := a.LocalAddr().Port(); p%2 != 0 || p < 20000 || p > 29999 {
				t.Fatalf("RTP port %d", p)
			}
			dir := t.TempDir()
			speech := filepath.Join(dir, "in.wav")
			writeWAV(t, speech, 16000, sine(16000, 700, 16000))
			rec := filepath.Join(dir, "out.wav")
			if err := b.Record(rec, RecordOptions{}); err != nil {
				t.Fatal(err)
			}
			if err := a.Play(speech, PlayOptions{}); err != nil {
				t.Fatal(err)
			}
			b.SetEcho(true)
			b.Apply(talk(a.LocalAddr(), f.codec, f.pt))
			a.Apply(talk(b.LocalAddr(), f.codec, f.pt))
			if ev := wait[FirstPacket](t, b); ev.From != a.LocalAddr() {
				t.Fatalf("the first packet came from %v, want %v", ev.From, a.LocalAddr())
			}
			wait[FirstPacket](t, a)
			if ev := wait[PlayEnded](t, a); ev.Err != nil {
				t.Fatal(ev.Err)
			}
			const digits = "1234567890*#ABCD"
			a.SendDTMF(digits, DTMFRFC4733)
			for i := range digits {
				if ev := wait[DigitReceived](t, b); ev.Digit != digits[i] || ev.Inband {
					t.Fatalf("digit %d: %+v", i, ev)
				}
			}
			b.StopRecord()
			b.Close()
			st := a.Stats()
			if st.PacketsSent < 100 || st.PacketsReceived < 100 || st.Invalid != 0 {
				t.Errorf("%+v", st)
			}
			left, right := readStereo(t, rec, f.codec.Info().SampleRate)
			rate := f.codec.Info().SampleRate
			for name, side := range map[string][]int16{"heard": right, "sent back": left} {
				if p := loudest(side, rate, 700); p < 8000 || p > 11000 {
					t.Errorf("%s: amplitude %.0f of the 700 Hz that was played with 10000", name, p)
				}
			}
		})
	}
}

func TestInbandDigits(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	a, b := openPhone(t, e), openPhone(t, e)
	pa, pb := talk(b.LocalAddr(), g711.PCMA{}, 8), talk(a.LocalAddr(), g711.PCMA{}, 8)
	pa.EventSendPT, pa.EventRecvPT, pb.EventSendPT, pb.EventRecvPT = 0, 0, 0, 0
	b.Apply(pb)
	a.Apply(pa)
	a.SetMuted(true) // digits go out all the same
	wait[FirstPacket](t, b)
	const digits = "159#"
	a.SendDTMF(digits, DTMFRFC4733) // not negotiated: in-band takes its place
	for i := range digits {
		if ev := wait[DigitReceived](t, b); ev.Digit != digits[i] || !ev.Inband {
			t.Fatalf("digit %d: %+v", i, ev)
		}
		if ev := wait[DigitSent](t, a); ev.Digit != digits[i] {
			t.Fatalf("sent %+v", ev)
		}
	}
}
