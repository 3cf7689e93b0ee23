package opus

import (
	"github.com/hraban/opus"

	"offhook/codec"
)

// settings is what the peer's fmtp asks of our encoder (RFC 7587, section 6.1).
// Absent and senseless values leave the defaults.
type settings struct {
	bitrate     int
	playback    int // highest rate in Hz that the peer plays: more would be wasted
	fec         bool
	dtx         bool
	constantBit bool
}

// parse reads fmtp. A rate above ours, or one outside of what Opus can do, is
// ignored: the parameters are wishes, not commands. sprop-maxcapturerate and
// sprop-stereo tell what the peer sends, and a decoder needs no telling; stereo is
// its wish for a second channel, which a microphone of one can't grant. A bitrate
// of zero is that of the band.
func parse(fmtp string, bitrate int) settings {
	s := settings{playback: rate}
	if n, ok := codec.FmtpInt(fmtp, "maxplaybackrate"); ok && n >= 8000 && n < rate {
		s.playback = n
	}
	s.bitrate = or(bitrate, usual(s.playback))
	if n, ok := codec.FmtpInt(fmtp, "maxaveragebitrate"); ok && n >= 6000 && n <= 510000 {
		s.bitrate = min(s.bitrate, n)
	}
	s.fec = flag(fmtp, "useinbandfec")
	s.dtx = flag(fmtp, "usedtx")
	s.constantBit = flag(fmtp, "cbr")
	return s
}

// usual is the bit rate for speech of a band (RFC 7587, section 3.1.1).
func usual(playback int) int {
	switch bandwidth(playback) {
	case opus.Narrowband:
		return 12000
	case opus.Mediumband:
		return 16000
	case opus.Wideband:
		return 20000
	case opus.SuperWideband:
		return 28000
	default:
		return 32000
	}
}

func flag(fmtp, name string) bool {
	n, ok := codec.FmtpInt(fmtp, name)
	return ok && n == 1
}
