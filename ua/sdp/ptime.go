package sdp

import (
	"time"

	"offhook/codec"
)

const defaultPtime = 20 * time.Millisecond

// opusFrames are what an Opus packet can hold (RFC 6716, section 2.1.4), of those
// that our packets can: longest first.
var opusFrames = [...]time.Duration{120, 100, 80, 60, 40, 20}

// packetTime is how much to send at once: what the peer asks for, else what we
// want, at most its maxptime, at least its minptime, rounded down to a length that
// the codec has.
//
// ptime and maxptime are attributes of the stream (RFC 8866, section 6.4); for Opus
// they are registered as format parameters too, beside minptime (RFC 7587, section
// 6.1), and some peers write them there.
func packetTime(f Format, peer *Stream, want time.Duration) time.Duration {
	parameter := func(name string) time.Duration {
		if n, ok := codec.FmtpInt(f.Fmtp, name); ok && n > 0 && n <= 1000 {
			return time.Duration(n) * time.Millisecond
		}
		return 0
	}
	t := or(or(peer.Ptime, parameter("ptime")), or(want, defaultPtime))
	t = max(t, parameter("minptime"))
	if most := or(peer.MaxPtime, parameter("maxptime")); most > 0 {
		t = min(t, most)
	}
	const step, most = 10 * time.Millisecond, 120 * time.Millisecond
	t = min(max(t.Truncate(step), step), most)
	if !f.is("opus") {
		return t
	}
	for _, n := range opusFrames {
		if frame := n * time.Millisecond; t >= frame {
			return frame
		}
	}
	return step
}

// or is the first of two that is given.
func or(t, fallback time.Duration) time.Duration {
	if t > 0 {
		return t
	}
	return fallback
}
