package srtp

import (
	"errors"
	"fmt"

	"github.com/pion/rtp"
	pion "github.com/pion/srtp/v3"
	"github.com/pion/transport/v5/replaydetector"
)

// Why a packet isn't opened.
var (
	// ErrForged: it isn't of the peer's key, was changed on its way, or isn't protected at all.
	ErrForged = errors.New("the packet isn't authentic")
	// ErrReplayed: it has been here before, or is too old to tell.
	ErrReplayed = errors.New("the packet was here before")
	// ErrBroken: it is no RTP or RTCP, protected or not.
	ErrBroken = errors.New("not a protected packet")
	// ErrStreams: the peer has begun more streams than a call can need.
	ErrStreams = errors.New("too many streams of one key")
)

const (
	// replayWindow is how many packets one may be behind the newest: above a second of
	// them. RFC 3711, section 3.3.2, asks for 64 at least.
	replayWindow = 256
	// maxStreams bounds what a peer can make us remember.
	maxStreams = 1024
)

// Opener authenticates and decrypts what comes.
//
//	packet --seen before?--> authentic? --> decrypted; its number is remembered
//	              \ ErrReplayed   \ ErrForged
//
// Nothing is remembered of a packet that isn't authentic.
type Opener struct {
	ctx     *pion.Context
	header  rtp.Header
	refused bool // by a window
	streams int
	mki     int
	seen    map[uint32]bool // streams that reports came of
}

// NewOpener opens packets of k.
func NewOpener(k Key) (*Opener, error) {
	if k.IsZero() {
		return nil, errors.New("there is no key to decrypt with")
	}
	o := &Opener{mki: len(k.MKI()), seen: map[uint32]bool{}}
	window := func(last uint64) func() replaydetector.ReplayDetector {
		return func() replaydetector.ReplayDetector { return newWindow(o, last) }
	}
	const lastRTP, lastRTCP = 1<<48 - 1, 1<<31 - 1 // RFC 3711, section 9.2
	options := []pion.ContextOption{
		pion.SRTPReplayDetectorFactory(window(lastRTP)), pion.SRTCPReplayDetectorFactory(window(lastRTCP)),
	}
	if mki := k.MKI(); mki != "" {
		options = append(options, pion.MasterKeyIndicator([]byte(mki)))
	}
	key, salt := k.parts()
	ctx, err := pion.CreateContext(key, salt, k.Suite().profile(), options...)
	if err != nil {
		return nil, fmt.Errorf("decrypt with %s: %w", k.Suite(), err)
	}
	o.ctx = ctx
	return o, nil
}

// RTP opens a packet into dst, which must not be raw's buffer: a packet that isn't authentic
// must be left as it is, for another key to try. The result aliases dst.
func (o *Opener) RTP(dst, raw []byte) ([]byte, error) {
	if _, err := o.header.Unmarshal(raw); err != nil {
		return nil, ErrBroken
	}
	_, known := o.ctx.ROC(o.header.SSRC)
	if !known && o.streams >= maxStreams {
		return nil, ErrStreams
	}
	o.refused = false
	plain, err := o.ctx.DecryptRTP(dst[:0], raw, &o.header)
	if err != nil {
		return nil, o.why()
	}
	if !known {
		o.streams++
	}
	return plain, nil
}

// RTCP opens a compound packet into dst.
func (o *Opener) RTCP(dst, raw []byte) ([]byte, error) {
	if len(raw) < 8 {
		return nil, ErrBroken
	}
	ssrc := uint32(raw[4])<<24 | uint32(raw[5])<<16 | uint32(raw[6])<<8 | uint32(raw[7])
	if !o.seen[ssrc] && len(o.seen) >= maxStreams {
		return nil, ErrStreams
	}
	o.refused = false
	plain, err := o.ctx.DecryptRTCP(dst[:0], raw, nil)
	if err != nil {
		return nil, o.why()
	}
	o.seen[ssrc] = true
	return plain, nil
}

// why tells the reasons apart.
func (o *Opener) why() error {
	if o.refused {
		return ErrReplayed
	}
	return ErrForged // by its tag, its master key identifier, or for want of both
}

// Follow begins the stream at a count of rollovers: one that goes on under a new key keeps
// its count (RFC 3711, section 3.3.1).
func (o *Opener) Follow(ssrc, rollovers uint32) {
	if _, known := o.ctx.ROC(ssrc); !known {
		o.streams++
	}
	o.ctx.SetROC(ssrc, rollovers)
}

// Rollovers is how often the sequence numbers of the stream have started over; false when
// nothing has come of it.
func (o *Opener) Rollovers(ssrc uint32) (uint32, bool) { return o.ctx.ROC(ssrc) }
