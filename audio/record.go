package audio

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"offhook/audio/dsp"
	"offhook/audio/soundfile"
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
	// alignEvery is how often the tracks are compared with how they were in the first
	// alignFirst: a lead that one of them had all the time is no jitter, and the other one
	// is moved by it when it is more than alignSlack.
	alignEvery = time.Second
	alignFirst = 200 * time.Millisecond
	alignSlack = 10 * time.Millisecond
)

// recorder writes both directions of a call, or of a conference, to a file.
//
//	sent  (frame) -> resample -> left  track -+-> pair up -> ring -> [goroutine] -> file
//	heard (frame) -> resample -> right track -+    (mixed: add)
//
// Both tracks run on the loop's clock and start together, so equal positions are equal
// times; what one of them loses, as when a device was away, is made up by silence within
// alignEvery. The loop never touches the disk.
type recorder struct {
	path        string
	layout      RecordLayout
	rate        int
	left, right track
	lead, usual leads         // of the right track over the left one: since compared, and at the start
	since       int           // samples since compared
	look        time.Duration // from then to the next look
	pairs       []int16       // scratch of the loop, interleaved
	ring        *Ring
	overflow    atomic.Bool

	w      soundfile.Writer // owner: the goroutine, until done
	frames int64            // the goroutine's too
	err    error            // and why it ended
	stop   chan struct{}
	once   sync.Once
	done   chan struct{}
}

// leads are the bounds of what one track was ahead of the other, in samples.
type leads struct{ low, high int }

// track is one channel's samples that wait for the other channel. Owner: the loop.
type track struct {
	rate int // of the file
	from int // rate that resample takes
	r    *dsp.Resampler
	buf  []int16
	n    int
}

// startRecorder records to w, which is empty, samples of rate. ended is called from the
// recorder's goroutine, which running counts, when the file is whole, because close was called
// or because it failed.
func startRecorder(path string, w soundfile.Writer, rate int, layout RecordLayout, running *sync.WaitGroup, ended func(*recorder)) (*recorder, error) {
	rate, err := w.Begin(rate)
	if err != nil {
		return nil, err
	}
	room := int(recordSlack * time.Duration(rate) / time.Second)
	r := &recorder{
		path: path, layout: layout, rate: rate, w: w, stop: make(chan struct{}), done: make(chan struct{}), ring: NewRing(2 * room),
		left: newTrack(rate), right: newTrack(rate), pairs: make([]int16, 2*rate),
	}
	r.look = alignFirst
	r.compare()
	running.Go(func() {
		r.write()
		close(r.done)
		ended(r)
	})
	return r, nil
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
	r.align()
	n := min(r.left.n, r.right.n)
	if n == 0 {
		return
	}
	out := r.pairs[:n*r.layout.channels()]
	for i := range n {
		switch r.layout {
		case RecordSplit:
			out[2*i], out[2*i+1] = r.left.buf[i], r.right.buf[i]
		case RecordMixed:
			out[i] = clip(int32(r.left.buf[i]) + int32(r.right.buf[i]))
		}
	}
	r.left.drop(n)
	r.right.drop(n)
	if r.ring.Cap()-r.ring.Len() < len(out) {
		r.overflow.Store(true)
		return
	}
	r.ring.Write(out)
}

// align moves a track that has been behind, against how they began, all the time since
// it looked last.
func (r *recorder) align() {
	lead := r.right.n - r.left.n
	r.lead.low, r.lead.high = min(r.lead.low, lead), max(r.lead.high, lead)
	r.since += min(r.left.n, r.right.n)
	if r.since < samplesIn(r.look, r.rate) {
		return
	}
	if r.look == alignFirst {
		r.usual, r.look = r.lead, alignEvery
	}
	slack := samplesIn(alignSlack, r.rate)
	if late := r.lead.low - r.usual.low; late > slack {
		r.left.level(r.left.n + late)
	}
	if late := r.usual.high - r.lead.high; late > slack {
		r.right.level(r.right.n + late)
	}
	r.compare()
}

// compare begins to compare the tracks anew.
func (r *recorder) compare() {
	r.lead, r.since = leads{low: len(r.left.buf), high: -len(r.left.buf)}, 0
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
			r.err = err
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
		r.frames += int64(n / r.layout.channels())
	}
}

// close lets the goroutine finish the file; result waits for that.
func (r *recorder) close() {
	r.flushTracks()
	r.once.Do(func() { close(r.stop) })
}

// result is the end of the recording, once its file is whole.
func (r *recorder) result() RecordEnded {
	<-r.done
	return RecordEnded{Path: r.path, Duration: time.Duration(r.frames) * time.Second / time.Duration(r.rate), Err: r.err}
}
