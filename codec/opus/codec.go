package opus

import "offhook/codec"

const rate = 48000

// Codec is Opus for speech. The zero value works.
type Codec struct {
	// Bitrate is what the encoder aims at in bit/s, unless the peer asks for
	// less. Zero means 32000: transparent wide-band speech.
	Bitrate int
	// Complexity is the encoder's effort, 1 to 10. Zero means 5: a third of
	// the CPU of 10, and hardly audible at this bit rate.
	Complexity int
	// ExpectedLoss is the percentage of lost packets that FEC prepares for when
	// the peer wants FEC. Zero means 10.
	ExpectedLoss int
}

var _ codec.Codec = Codec{}

// Info describes Opus: the rtpmap says 48000 and 2 channels for any stream (RFC
// 7587, section 7).
func (Codec) Info() codec.Info {
	return codec.Info{
		Name: "opus", ClockRate: rate, SampleRate: rate, Channels: 2, StaticPT: -1,
		Fmtp: "minptime=10;useinbandfec=1",
	}
}

func or(v, fallback int) int {
	if v == 0 {
		return fallback
	}
	return v
}
