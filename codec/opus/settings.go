package opus

import "offhook/codec"

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
// ignored: the parameters are wishes, not commands.
func parse(fmtp string, bitrate int) settings {
	s := settings{bitrate: bitrate, playback: rate}
	if n, ok := codec.FmtpInt(fmtp, "maxaveragebitrate"); ok && n >= 6000 && n <= 510000 {
		s.bitrate = min(s.bitrate, n)
	}
	if n, ok := codec.FmtpInt(fmtp, "maxplaybackrate"); ok && n >= 8000 && n < rate {
		s.playback = n
	}
	s.fec = flag(fmtp, "useinbandfec")
	s.dtx = flag(fmtp, "usedtx")
	s.constantBit = flag(fmtp, "cbr")
	return s
}

func flag(fmtp, name string) bool {
	n, ok := codec.FmtpInt(fmtp, name)
	return ok && n == 1
}
