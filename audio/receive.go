package audio

import (
	"slices"
	"time"

	"offhook/audio/dsp"
	"offhook/audio/dtmf"
	"offhook/audio/jitter"
	"offhook/audio/rtp"
	"offhook/codec"
)

// receiver is the half of the loop that takes packets. Its fields belong to the loop.
//
//	slot -> classify -> parse -> latch -+-> telephone-event -> digits
//	                                    +-> jitter buffer -> Read -+-> ear
//	                                        (decodes, conceals)    +-> recorder
//	                                                               +-> echo
//	                                                               +-> in-band digits
type receiver struct {
	l      *loop
	parser rtp.Parser
	pkt    rtp.Packet

	buf      *jitter.Buffer // nil before the first format
	past     jitter.Stats   // of buffers before this one
	rate     int
	decoders []decoder
	clocks   [128]int // RTP clock by payload type, 0 for one we don't know
	lastPT   uint8    // of the newest packet of sound
	cipher   rtp.Cipher
	empty    empty
	held     bool // a packet waits for a second one of its new stream
	firsts   int  // streams that were told of since firstAt
	firstAt  time.Time

	rx     *rtp.Receiver
	events *dtmf.Receiver
	inband *dtmf.Detector // only while no telephone-event was agreed

	since    time.Time // when receiving began, or the last packet came
	silences int       // Silent events since then
	pulled   time.Time // when sound was taken last
	now      time.Time // of the Read that runs

	meter   *dsp.Meter
	frame   []int16 // what nobody's ear takes
	invalid uint64
	ignored uint64 // packets that came while we don't receive
}

// decoder is a format and what decodes it, kept while the format stays negotiated,
// and for one round more.
type decoder struct {
	format Format
	past   bool // of the round before
	name   string
	dec    codec.Decoder
}

func (r *receiver) init(l *loop) {
	r.l, r.rate, r.meter = l, 8000, dsp.NewMeter(8000)
}

// Rate is the rate of what is heard: that of the codec.
func (r *receiver) Rate() int { return r.rate }

// Read gives what is to be heard next, to whoever sets the beat.
func (r *receiver) Read(dst []int16) (int, error) {
	l := r.l
	if r.buf != nil && l.params.Receive {
		r.buf.Pull(dst, r.now) // the pieces of one beat follow each other
		r.pulled = r.now
	} else {
		clear(dst)
	}
	r.meter.Write(dst)
	if l.echo != nil {
		l.echo.ring.Write(dst)
	}
	if r.inband != nil {
		r.inband.Write(dst)
		for d, ok := r.inband.Next(); ok; d, ok = r.inband.Next() {
			l.emit(DigitReceived{Digit: d.Code, Duration: d.Duration, Inband: true})
		}
	}
	l.notice.mixEar(dst, r.rate)
	if l.rec != nil {
		l.rec.heard(dst, r.rate)
	}
	return len(dst), nil
}

// playFrame takes one packet time of sound, without a clocked device.
func (l *loop) playFrame(now time.Time) {
	r := &l.recv
	r.now = now
	if l.stream != nil {
		l.playChunk(now, int(l.frameTime()*time.Duration(l.stream.Rate())/time.Second))
		return
	}
	n := int(l.frameTime() * time.Duration(r.rate) / time.Second)
	if len(r.frame) < n {
		r.frame = make([]int16, n)
	}
	r.Read(r.frame[:n])
}

// playChunk plays n samples on the stream.
func (l *loop) playChunk(now time.Time, n int) {
	l.recv.now = now
	if len(l.heard) < n {
		l.heard = make([]int16, n)
	}
	pcm := l.heard[:n]
	l.ear.Read(pcm) // never short, never fails
	l.join.Mend(pcm, l.stream.Rate())
	l.toner.mix(pcm)
	if err := l.stream.Write(pcm); err != nil {
		l.streamFailed(err)
	}
}

// staleAfter is how long nobody has listened until what came before is no part of what
// comes: a gap that long can't be bridged.
const staleAfter = 100 * time.Millisecond

// applyReceive takes the formats that the peer may send from now on.
func (l *loop) applyReceive(old, p Params, now time.Time) {
	r := &l.recv
	if p.EventRecvPT == 0 {
		r.events = nil
	} else if r.events == nil { // else an event that sounds goes on over the change
		r.events = dtmf.NewReceiver(eventClock(p))
	}
	// A stream that was on hold starts afresh: what waited then is stale.
	stale := p.Receive && !old.Receive && now.Sub(r.pulled) > staleAfter
	if stale || !same(old.Decode, p.Decode) || old.ComfortNoisePT != p.ComfortNoisePT {
		l.setFormats(p, stale)
	}
	r.detect(p)
	if p.Receive && !old.Receive {
		r.since, r.silences = now, 0
	}
}

// detect listens for in-band digits while telephone-event wasn't negotiated.
func (r *receiver) detect(p Params) {
	if p.EventRecvPT != 0 || !p.Receive {
		r.inband = nil
		return
	}
	if r.inband == nil {
		r.inband, _ = dtmf.NewDetector(r.rate)
	}
}

func (l *loop) setFormats(p Params, fresh bool) {
	r := &l.recv
	was := r.decoders
	formats, err := r.open(p)
	if err != nil {
		l.s.log.Error("the negotiated codec can't receive", "error", err)
	}
	if len(formats) == 0 {
		return
	}
	// The rate that needs no resampling: people send what they are sent.
	rate := formats[0].SampleRate
	for _, f := range formats {
		if p.Encode.Codec != nil && f.SampleRate == p.Encode.Codec.Info().SampleRate {
			rate = f.SampleRate
		}
	}
	if r.buf != nil && !fresh {
		formats = append(formats, r.retire(was, p)...)
		if err := r.buf.Change(formats, p.ComfortNoisePT, rate); err == nil {
			l.newEarRate(rate)
			return
		}
	}
	bounds := l.s.e.cfg.Jitter
	buf, err := jitter.New(jitter.Config{Formats: formats, ComfortNoisePT: p.ComfortNoisePT, Rate: rate, Min: bounds.Min, Max: bounds.Max, Outcome: l.rated.outcome})
	if err != nil {
		l.s.log.Error("can't receive", "error", err)
		return
	}
	if r.buf != nil {
		r.past = r.sum()
	}
	r.buf = buf
	l.newEarRate(rate)
}

// newEarRate rebuilds what takes the sound at the decoder's rate.
func (l *loop) newEarRate(rate int) {
	r := &l.recv
	if rate == r.rate {
		return
	}
	l.join.Open()
	r.rate, r.meter, r.inband = rate, dsp.NewMeter(rate), nil
	var errs [2]error
	if l.stream != nil {
		errs[0] = l.connect()
	}
	if l.echo != nil {
		errs[1] = l.connectEcho()
	}
	for _, err := range errs {
		if err != nil {
			l.s.log.Error("can't convert the sample rate", "error", err)
		}
	}
}

// open makes the decoders of p, reusing those that stay.
func (r *receiver) open(p Params) ([]jitter.Format, error) {
	var decs []decoder
	var formats []jitter.Format
	var failed error
	r.clocks = [128]int{}
	for _, f := range p.Decode {
		info := f.Codec.Info()
		d := decoder{format: f, name: info.Name}
		for _, have := range r.decoders {
			if have.format.PT == f.PT && have.format.Fmtp == f.Fmtp && have.format.Codec.Info() == info {
				d.dec = have.dec
			}
		}
		if d.dec == nil {
			var err error
			if d.dec, err = f.Codec.NewDecoder(codec.Params{Fmtp: f.Fmtp}); err != nil {
				failed = err
				continue
			}
		}
		decs = append(decs, d)
		formats = append(formats, jitter.Format{PT: f.PT, Decoder: d.dec, ClockRate: info.ClockRate, SampleRate: info.SampleRate})
		r.clocks[f.PT&0x7f] = info.ClockRate
	}
	if p.ComfortNoisePT != 0 {
		r.clocks[p.ComfortNoisePT&0x7f] = 8000
	}
	r.decoders = decs
	if r.rx == nil && len(formats) > 0 {
		r.rx = rtp.NewReceiver(formats[0].ClockRate)
	}
	return formats, failed
}

// retire keeps the decoders of the round before, under the numbers that the new one
// leaves free: what waits, or is still on its way, was made for them, and the peer
// may send it until it sends the new ones (RFC 3264, section 8.3.2).
func (r *receiver) retire(was []decoder, p Params) (formats []jitter.Format) {
	taken := func(pt uint8) bool {
		return r.clocks[pt&0x7f] != 0 || pt == p.EventRecvPT && pt != 0
	}
	for _, d := range was {
		stays := slices.ContainsFunc(r.decoders, func(now decoder) bool { return now.dec == d.dec })
		if d.past || stays {
			continue
		}
		d.past = true
		info := d.format.Codec.Info()
		old := jitter.Format{PT: d.format.PT, Decoder: d.dec, ClockRate: info.ClockRate, SampleRate: info.SampleRate}
		if taken(d.format.PT) {
			old.PT |= 0x80 // only for what waits
		} else {
			r.decoders = append(r.decoders, d)
			r.clocks[d.format.PT&0x7f] = info.ClockRate
		}
		formats = append(formats, old)
	}
	return formats
}

// ssrc is the peer's stream.
func (r *receiver) ssrc() (uint32, bool) {
	if r.rx == nil {
		return 0, false
	}
	return r.rx.SSRC()
}

// block is what a report says of the peer's stream.
func (r *receiver) block() (rtp.Block, bool) {
	if r.rx == nil {
		return rtp.Block{}, false
	}
	return r.rx.Block()
}
