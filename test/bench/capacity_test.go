package bench

import (
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"syscall"
	"testing"
	"time"

	"offhook/audio"
	"offhook/audio/soundfile"
	"offhook/codec"
	"offhook/codec/g711"
)

// load is what a number of calls did to the process while they were watched.
type load struct {
	calls         int
	cpu           float64 // cores
	sent, heard   uint64  // packets
	late, missing uint64  // packets that came too late or not at all
	concealed     time.Duration
	reports       int // calls that know their round trip from RTCP
}

// sound reports that nothing was missing at anybody's ear.
func (l load) sound() bool { return l.concealed == 0 && l.late == 0 && l.missing == 0 }

func (l load) String() string {
	return fmt.Sprintf("| %d | %.2f | %.0f | %d | %d | %d | %d | %.0f | %d |", l.calls, l.cpu, float64(l.calls)/l.cpu,
		l.sent, l.heard, l.late, l.missing, float64(l.concealed)/float64(time.Millisecond), l.reports)
}

// TestCapacity holds ever more calls in this process: PCMU of 20 ms, real sockets on
// the loopback, speech-like sound both ways, jitter buffers and RTCP. It prints what
// each number costs, and ends at the first one that isn't heard whole. OFFHOOK_CAPACITY=N holds N calls only, and writes their CPU profile
// to OFFHOOK_PROFILE.
func TestCapacity(t *testing.T) {
	if os.Getenv("OFFHOOK_BENCH") == "" {
		t.Skip("a measurement, not a test: run `make bench`")
	}
	steps := []int{100, 300, 600, 1000, 1500, 2000}
	if n, err := strconv.Atoi(os.Getenv("OFFHOOK_CAPACITY")); err == nil && n > 1 {
		steps = []int{n}
	}
	music := filepath.Join(t.TempDir(), "hum.wav")
	hum(t, music)
	fmt.Println("| calls | cores | calls per core | sent | heard | late | missing | concealed, ms | RTCP |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	whole := 0
	for _, n := range steps {
		l := hold(t, n, music, 15*time.Second)
		fmt.Println(l)
		if !l.sound() {
			break
		}
		whole = n
	}
	fmt.Printf("\n%d calls were heard whole on %d cores\n", whole, runtime.NumCPU())
}

// hold holds n calls, each to another one, and watches them for as long as watched.
func hold(t *testing.T, n int, music string, watched time.Duration) load {
	engine, err := audio.NewEngine(audio.EngineConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	calls := make([]*audio.Session, n/2*2)
	for i := range calls {
		if calls[i], err = engine.Open(t.Context(), audio.OpenOptions{Local: netip.MustParseAddr("127.0.0.1")}); err != nil {
			t.Fatal(err)
		}
	}
	law := codec.Codec(g711.PCMU{})
	for i, s := range calls {
		peer := calls[i^1].LocalAddr()
		s.Apply(audio.Params{
			Remote: peer, RemoteRTCP: netip.AddrPortFrom(peer.Addr(), peer.Port()+1), Send: true, Receive: true,
			Encode: audio.Format{Codec: law}, Decode: []audio.Format{{Codec: law}},
		})
		if err := s.Music(music); err != nil {
			t.Fatal(err)
		}
	}
	settle(4 * time.Second)
	if path := os.Getenv("OFFHOOK_PROFILE"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			t.Fatal(err)
		}
		defer pprof.StopCPUProfile()
	}
	before, used, began := sum(calls), processor(t), time.Now()
	settle(watched)
	after, cpu, took := sum(calls), processor(t)-used, time.Since(began)
	l := load{calls: len(calls), cpu: cpu.Seconds() / took.Seconds()}
	l.sent, l.heard = after.PacketsSent-before.PacketsSent, after.PacketsReceived-before.PacketsReceived
	l.late, l.concealed = after.Late-before.Late, after.Concealed-before.Concealed
	l.missing = uint64(max(after.Lost-before.Lost, 0)) + after.Discarded - before.Discarded
	for _, s := range calls {
		if s.Stats().RTT > 0 {
			l.reports++
		}
	}
	return l
}

// settle lets calls run: what is measured is real time.
func settle(d time.Duration) { <-time.After(d) }

// sum adds up what the sessions counted.
func sum(calls []*audio.Session) (all audio.Stats) {
	for _, s := range calls {
		st := s.Stats()
		all.PacketsSent += st.PacketsSent
		all.PacketsReceived += st.PacketsReceived
		all.Late += st.Late
		all.Lost += st.Lost
		all.Discarded += st.Discarded
		all.Concealed += st.Concealed
	}
	return all
}

// processor is the time that all threads of this process have had.
func processor(t *testing.T) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// hum writes two seconds of a voice without words: pitch, formant and syllables.
func hum(t *testing.T, path string) {
	w, err := soundfile.CreateWAV(path, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 16000)
	for i := range pcm {
		at := float64(i) / 8000
		pitch := 120 + 15*math.Sin(2*math.Pi*at)
		syllable := math.Max(0, math.Sin(2*math.Pi*3*at))
		for h := 1.0; h*pitch < 3400; h++ {
			pcm[i] += int16(2500 * syllable * math.Sin(2*math.Pi*h*120*at) / (1 + math.Abs(h*pitch-600)/300))
		}
	}
	if err := w.Write(pcm); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
