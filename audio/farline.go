package audio

import "time"

// farLine holds what was written to the ear until its echo can come back, on one time
// line with what the device plays:
//
//	          pos               played now                head
//	-----------|--------------------|--- device's queue ---|
//	           |<------ lag ------->|
//	   next for the canceller                     next to be written
//
// pos moves by a frame for each of the microphone's. At the start it stands at what is
// played now: the echo of that can't have come before. How far it is from there when
// the microphone has been read dry, the lag, must stay what it was at first.
type farLine struct {
	rate int
	buf  []int16
	mask int64
	head int64 // positions in samples of the ear
	pos  int64

	state        alignment
	played, lost uint64  // the device's underruns and overruns that are accounted for
	base         float64 // the lag at first
	mean         float64 // the lag since, a slow mean
	measured     int     // how often base or mean was measured, up to a limit
}

// alignment is how sure pos is.
type alignment uint8

const (
	unaligned alignment = iota // pos is to be set
	settling                   // base is being measured
	doubtful                   // the ear ran dry, and for how long isn't known
	steady
)

const (
	farRoom = 500 * time.Millisecond
	// baseReads are averaged for the base, and lagReads for the mean: a device's
	// bursts make the lag of a single read come and go by a buffer.
	baseReads, lagReads = 100, 300
	// trustReads tell the lag to lagTrust, when the ear ran dry.
	trustReads, lagTrust = 20, 2 * time.Millisecond
	// lagJump is more than a device's bursts make of the lag: something was lost that
	// nobody counted.
	lagJump = 80 * time.Millisecond
	// lagSlip is a mean that only the drift of two clocks makes: the line then slips
	// by a sample a frame, which the canceller follows.
	lagSlip = 5 * time.Millisecond
)

func (f *farLine) init(rate int) {
	f.rate = rate
	size := 1
	for size < samplesIn(farRoom, rate) {
		size <<= 1
	}
	f.buf, f.mask = make([]int16, size), int64(size-1)
}

// write appends what goes to the ear, after the zeros that the device played for want
// of anything better.
func (f *farLine) write(pcm []int16, st StreamStats) {
	if missing := st.Underruns - f.played; missing > 0 {
		f.played = st.Underruns
		f.silence(int(min(missing, uint64(len(f.buf)))))
		switch f.state { // a device doesn't count all of a long silence
		case settling:
			f.base, f.measured = 0, 0
		case steady:
			f.state, f.mean, f.measured = doubtful, 0, 0
		case unaligned, doubtful:
		}
	}
	if f.head < f.pos { // the microphone's time went on: what is written now is heard now
		f.silence(int(min(f.pos-f.head, int64(len(f.buf)))))
		f.head = f.pos
	}
	if extra := len(pcm) - len(f.buf); extra > 0 {
		f.head += int64(extra)
		pcm = pcm[extra:]
	}
	at := int(f.head & f.mask)
	k := copy(f.buf[at:], pcm)
	copy(f.buf, pcm[k:])
	f.head += int64(len(pcm))
}

func (f *farLine) silence(n int) {
	for range n {
		f.buf[f.head&f.mask] = 0
		f.head++
	}
}

// read gives the frame of the far end for the next one of the microphone. queued is
// what the device has still to play.
func (f *farLine) read(dst []int16, queued int, st StreamStats) {
	if gone := st.Overruns - f.lost; gone > 0 { // of the microphone
		f.lost = st.Overruns
		f.pos += int64(min(gone, uint64(len(f.buf))))
	}
	if f.state == unaligned {
		f.pos = f.head - int64(queued)
		f.state, f.base, f.measured = settling, 0, 0
	}
	for i := range dst {
		at := f.pos + int64(i)
		dst[i] = 0
		if at < f.head && at >= f.head-int64(len(f.buf)) {
			dst[i] = f.buf[at&f.mask]
		}
	}
	f.pos += int64(len(dst))
}

// drained is called when the microphone has been read dry, with filled samples that
// wait for the rest of their frame: now pos can be compared with what is played.
func (f *farLine) drained(filled, queued int) {
	played := f.head - int64(queued)
	if f.state == unaligned || queued == 0 {
		return // nothing plays
	}
	lag := float64(played - f.pos - int64(filled))
	if f.state == settling {
		f.measured++
		f.base += (lag - f.base) / float64(f.measured)
		if f.measured == baseReads {
			f.state, f.mean, f.measured = steady, 0, 0
		}
		return
	}
	off := lag - f.base
	if f.beyond(off, lagJump) {
		f.jump(off)
		return
	}
	f.measured = min(f.measured+1, lagReads)
	f.mean += (off - f.mean) / float64(f.measured)
	if f.state == doubtful {
		if f.measured == trustReads {
			f.state = steady
			if f.beyond(f.mean, lagTrust) {
				f.jump(f.mean)
			}
		}
		return
	}
	switch slip := float64(samplesIn(lagSlip, f.rate)); {
	case f.measured < baseReads:
	case f.mean > slip:
		f.pos++
		f.mean--
	case f.mean < -slip:
		f.pos--
		f.mean++
	}
}

// beyond reports that samples either way are more than d.
func (f *farLine) beyond(samples float64, d time.Duration) bool {
	most := float64(samplesIn(d, f.rate))
	return samples > most || samples < -most
}

func (f *farLine) jump(off float64) {
	f.pos += int64(off)
	f.mean, f.measured = 0, 0
}
