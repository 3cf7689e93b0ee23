package opus

import (
	"testing"

	"offhook/codec"
)

// RFC 7587, section 6.1: what we ask for, by what we are set to.
func TestInterop44OurParameters(t *testing.T) {
	for _, c := range []struct {
		codec Codec
		fmtp  string
	}{
		{Codec{}, "minptime=10;useinbandfec=1"},
		{Codec{FEC: Never, DTX: Never}, "minptime=10"},
		{Codec{FEC: Always, DTX: Always}, "minptime=10;useinbandfec=1;usedtx=1"},
		{Codec{Bitrate: 20000}, "minptime=10;useinbandfec=1;maxaveragebitrate=20000"},
	} {
		i := c.codec.Info()
		if i.Fmtp != c.fmtp {
			t.Errorf("%+v: %q, want %q", c.codec, i.Fmtp, c.fmtp)
		}
		if i.String() != "opus/48000/2" || i.StaticPT != -1 { // section 7, always
			t.Errorf("%+v", i)
		}
	}
}

// The same for what the peer asks for, as its packets will show.
func TestInterop44TheirParameters(t *testing.T) {
	pcm := voice(3 * rate)
	quiet := append(append([]int16(nil), voice(rate)...), make([]int16, 4*rate)...)
	stereo := func(p []byte) bool { return p[0]&4 != 0 }
	average := func(packets [][]byte) int {
		n := 0
		for _, p := range packets {
			n += len(p)
		}
		return n * 8 * 50 / len(packets)
	}
	for _, c := range []struct {
		name, fmtp string
		codec      Codec
		pcm        []int16
		good       func(packets [][]byte) bool
	}{
		{"nothing asked", "", Codec{}, pcm, func(p [][]byte) bool { return average(p) > 20000 && average(p) < 40000 }},
		{"stereo wanted of one microphone", "stereo=1;sprop-stereo=1", Codec{}, pcm, func(p [][]byte) bool {
			for _, p := range p {
				if stereo(p) {
					return false
				}
			}
			return true
		}},
		{"maxplaybackrate", "maxplaybackrate=8000", Codec{}, pcm, func(p [][]byte) bool {
			for _, p := range p {
				if bandOf(p[0]>>3) > 0 {
					return false
				}
			}
			return average(p) < 15000
		}},
		{"sprop-maxcapturerate is no wish", "sprop-maxcapturerate=8000", Codec{}, pcm, func(p [][]byte) bool {
			return bandOf(p[len(p)-1][0]>>3) > 1
		}},
		{"maxaveragebitrate below ours", "maxaveragebitrate=12000", Codec{Bitrate: 40000}, pcm, func(p [][]byte) bool { return average(p) < 15000 }},
		{"maxaveragebitrate above ours", "maxaveragebitrate=90000", Codec{Bitrate: 16000}, pcm, func(p [][]byte) bool { return average(p) < 20000 }},
		{"cbr", "cbr=1", Codec{}, pcm, func(p [][]byte) bool {
			for _, q := range p {
				if len(q) != len(p[0]) {
					return false
				}
			}
			return true
		}},
		{"useinbandfec", "useinbandfec=1", Codec{}, pcm, func(p [][]byte) bool { return redundant(p) > 100 }},
		{"useinbandfec=0", "useinbandfec=0", Codec{}, pcm, func(p [][]byte) bool { return redundant(p) == 0 }},
		{"usedtx", "usedtx=1", Codec{}, quiet, func(p [][]byte) bool { return silent(p) > 120 }},
		{"usedtx=0", "usedtx=0", Codec{}, quiet, func(p [][]byte) bool { return silent(p) == 0 }},
		{"usedtx that we never do", "usedtx=1", Codec{DTX: Never}, quiet, func(p [][]byte) bool { return silent(p) == 0 }},
		{"DTX unasked", "", Codec{DTX: Always}, quiet, func(p [][]byte) bool { return silent(p) > 120 }},
	} {
		e, _ := pair(t, c.codec, c.fmtp)
		if p := encode(t, e, c.pcm, 960); !c.good(p) {
			t.Errorf("%s: %d bit/s, %d of %d packets left out, the 50th begins %#x", c.name, average(p), silent(p), len(p), p[50][:min(2, len(p[50]))])
		}
	}
}

func redundant(packets [][]byte) (n int) {
	for _, p := range packets {
		if hasFEC(p) {
			n++
		}
	}
	return n
}

func silent(packets [][]byte) (n int) {
	for _, p := range packets {
		if len(p) == 0 {
			n++
		}
	}
	return n
}

// A packet time that changes in the middle of a stream is just another packet.
func TestInterop44LargerPacketTimeMidStream(t *testing.T) {
	e, d := pair(t, Codec{}, "")
	pcm, out := voice(4*rate), make([]int16, codec.MaxFrame)
	var all []int16
	at := 0
	for _, size := range []int{480, 960, 2880, 5760, 1920, 960} {
		for range 5 {
			p := encode(t, e, pcm[at:at+size], size)[0]
			n, err := d.Decode(out, p)
			if err != nil || n != size {
				t.Fatalf("%d samples: %d, %v", size, n, err)
			}
			all = append(all, out[:n]...)
			at += size
		}
	}
	for from := rate / 10; from+5800 < len(all); from += rate / 4 {
		if l := likeness(pcm[from:from+4800], all[from:from+5800]); l < 0.8 {
			t.Errorf("likeness %.2f at %d ms", l, from*1000/rate)
		}
	}
}
