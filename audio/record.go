package audio

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"offhook/audio/dsp"
)

// ErrSlowDisk says that a recording was stopped because the disk couldn't follow.
var ErrSlowDisk = errors.New("the disk is too slow for the recording")

const (
	// recordEvery is how often a recording goes to disk, and so what kill -9 loses.
	recordEvery = 250 * time.Millisecond
	// recordSlack is how long the disk may hang before the recording ends.
	recordSlack = 4 * time.Second
	// recordSkew is how far one side may be ahead before the other, which has
	// stopped, is filled up with silence.
	recordSkew = 200 * time.Millisecond
)

// recorder writes both directions of a call to a stereo WAV.
//
//	sent  (frame) -> resample -> left  track -+-> pair up -> ring -> [goroutine] -> WAV
//	heard (frame) -> resample -> right track -+
//
// Both tracks run on the session's clock and start together, so equal positions are
// equal times. The loop never touches the disk.
type recorder struct {
	rate        int
	left, right track
	pairs       []int16 // scratch of the loop, interleaved
	ring        *Ring
	overflow    atomic.Bool

	w    *WAVWriter // owner: the goroutine
	fail atomic.Pointer[error]
	stop chan struct{}
	once sync.Once
	done sync.WaitGroup
}

// track is one channel's samples that wait for the other channel. Owner: the loop.
type track struct {
	rate int // of the file
	from int // rate that resample takes
	r    *dsp.Resampler
	buf  []int16
	n    int
}

// startRecorder records to w, which is empty, at rate.
func startRecorder(w *WAVWriter, rate int) *recorder {
	w.setRate(rate)
	room := int(recordSlack * time.Duration(rate) / time.Second)
	r := &recorder{
		rate: rate, w: w, stop: make(chan struct{}), ring: NewRing(2 * room),
		left: newTrack(rate), right: newTrack(rate), pairs: make([]int16, 2*rate),
	}
	r.done.Go(r.write)
	return r
}

func newTrack(rate int) track {
	return track{rate: rate, from: rate, buf: make([]int16, rate)}
}

// sent takes a frame that went, or would have gone, to the peer.
func (r *recorder) sent(pcm []int16, rate int) { r.left.add(pcm, rate); r.pair() }

// heard takes a frame that went, or would have gone, to the ear.
func (r *recorder) heard(pcm []int16, rate int) { r.right.add(pcm, rate); r.pair() }

func (t *track) add(pcm []int16, rate int) {
	if rate != t.from {
		t.from, t.r = rate, nil
		if rate != t.rate {
			// A pair of rates that can't be converted leaves silence.
			t.r, _ = dsp.NewResampler(rate, t.rate)
		}
	}
	switch {
	case rate == t.rate:
		t.n += copy(t.buf[t.n:], pcm)
	case t.r != nil:
		_, n := t.r.Process(t.buf[t.n:], pcm)
		t.n += n
	}
}

// level fills the track with silence up to n samples.
func (t *track) level(n int) {
	if n = min(n, len(t.buf)); n > t.n {
		clear(t.buf[t.n:n])
		t.n = n
	}
}

func (t *track) drop(n int) { t.n = copy(t.buf, t.buf[n:t.n]) }

// pair moves what both tracks have to the ring.
func (r *recorder) pair() {
	skew := int(recordSkew * time.Duration(r.rate) / time.Second)
	r.left.level(r.right.n - skew)
	r.right.level(r.left.n - skew)
	n := min(r.left.n, r.right.n)
	if n == 0 {
		return
	}
	out := r.pairs[:2*n]
	for i := range n {
		out[2*i], out[2*i+1] = r.left.buf[i], r.right.buf[i]
	}
	r.left.drop(n)
	r.right.drop(n)
	if r.ring.Cap()-r.ring.Len() < len(out) {
		r.overflow.Store(true)
		return
	}
	r.ring.Write(out)
}

// hush fills the left track up while nothing is sent.
func (r *recorder) hush() {
	r.left.level(r.right.n)
	r.pair()
}

// flushTracks pairs the rest, the shorter one with silence. The loop calls it before
// close.
func (r *recorder) flushTracks() {
	n := max(r.left.n, r.right.n)
	r.left.level(n)
	r.right.level(n)
	r.pair()
}

// write is the goroutine.
func (r *recorder) write() {
	t := time.NewTicker(recordEvery)
	defer t.Stop()
	buf := make([]int16, 4096)
	for {
		stopping := false
		select {
		case <-t.C:
		case <-r.stop:
			stopping = true
		}
		err := r.drain(buf)
		if err == nil {
			err = r.w.Flush()
		}
		if err == nil && r.overflow.Load() {
			err = ErrSlowDisk
		}
		if stopping || err != nil {
			if cerr := r.w.Close(); err == nil {
				err = cerr
			}
			if err != nil {
				r.fail.Store(&err)
			}
			return
		}
	}
}

func (r *recorder) drain(buf []int16) error {
	for {
		n := r.ring.Read(buf)
		if n == 0 {
			return nil
		}
		if err := r.w.Write(buf[:n]); err != nil {
			return err
		}
	}
}

// failed is why the recording ended by itself, nil while it runs.
func (r *recorder) failed() error {
	if err := r.fail.Load(); err != nil {
		return *err
	}
	return nil
}

// close ends the recording and waits until the file is whole.
func (r *recorder) close() error {
	r.once.Do(func() { close(r.stop) })
	r.done.Wait()
	return r.failed()
}
