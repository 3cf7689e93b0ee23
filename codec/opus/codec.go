package opus

import (
	"strconv"

	"offhook/codec"
)

const rate = 48000

// Codec is Opus for speech. The zero value works.
type Codec struct {
	// Bitrate is what the encoder aims at in bit/s, unless the peer asks for
	// less, and what we ask the peer for. Zero means 32000, transparent wide-band
	// speech, or what RFC 7587, section 3.1.1 has for a peer that plays a narrower
	// band, and asks for nothing.
	Bitrate int
	// Complexity is the encoder's effort, 1 to 10. Zero means 5: a third of
	// the CPU of 10, and hardly audible at this bit rate.
	Complexity int
	// FEC puts a small copy of each frame into the packet after it, while packets
	// are lost.
	FEC Wish
	// DTX sends nothing in pauses but a hint of their noise now and then.
	DTX Wish
	// ExpectedLoss is the percentage of lost packets that FEC prepares for until
	// the peer reports. Zero means 6.
	ExpectedLoss int
}

// Wish is ours in a matter where the peer has one too.
type Wish uint8

const (
	// AsPeer does what the peer's fmtp asks for.
	AsPeer Wish = iota
	Always
	Never
)

// or is what is done when the peer asks for peer.
func (w Wish) or(peer bool) bool { return w == Always || w == AsPeer && peer }

var _ codec.Codec = Codec{}

// Info describes Opus: the rtpmap says 48000 and 2 channels for any stream (RFC
// 7587, section 7). Its fmtp says what we like to be sent (section 6.1): we play
// the whole band, so there is no maxplaybackrate, and one channel.
func (c Codec) Info() codec.Info {
	// No concatenation where it can be helped: some ask for each packet.
	var fmtp string
	switch fec, dtx := c.FEC != Never, c.DTX == Always; {
	case fec && dtx:
		fmtp = "minptime=10;useinbandfec=1;usedtx=1"
	case fec:
		fmtp = "minptime=10;useinbandfec=1"
	case dtx:
		fmtp = "minptime=10;usedtx=1"
	default:
		fmtp = "minptime=10"
	}
	if c.Bitrate != 0 {
		fmtp += ";maxaveragebitrate=" + strconv.Itoa(c.Bitrate)
	}
	return codec.Info{Name: "opus", ClockRate: rate, SampleRate: rate, Channels: 2, StaticPT: -1, Fmtp: fmtp}
}

func or(v, fallback int) int {
	if v == 0 {
		return fallback
	}
	return v
}
