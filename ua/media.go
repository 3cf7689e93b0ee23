package ua

import (
	"context"
	"net/netip"

	"offhook/audio"
)

// MediaEngine is what the Agent needs of the media plane; *audio.Engine is one.
type MediaEngine interface {
	// Open binds sockets for one stream. It may block; a worker calls it.
	Open(context.Context, audio.OpenOptions) (MediaSession, error)
	// Focus lends the microphone and ear to s, after taking them from whoever
	// had them (revoke, acknowledge, grant). nil frees them. It doesn't block.
	Focus(s MediaSession)
	// Conference lends microphone and ear to all members at once and lets each hear
	// the others; muted cuts the microphone. Focus ends it. It doesn't block.
	Conference(members []MediaSession, muted bool)
	// Tone plays a call-progress tone to the ear until the next call of Tone.
	Tone(audio.Tone)
}

// Ringer is a MediaEngine that knows several rings.
type Ringer interface {
	// Ring chooses how ToneRinging sounds; empty, or a name that it doesn't know, is the
	// standard ring.
	Ring(name string)
}

// MediaSession is one call's media. The methods post to the session's loop and
// return; outcomes come as audio.Events.
type MediaSession interface {
	// LocalAddr is the RTP socket's address; RTCP is on the next port.
	LocalAddr() netip.AddrPort
	Apply(audio.Params)
	SetMuted(bool)
	// SendDTMF queues digits as RFC 4733 events or in-band tones.
	SendDTMF(digits string, mode audio.DTMFMode)
	// Play sends the file at path into the call instead of the microphone.
	// Errors (no such file, not a WAV) come at once.
	Play(path string) error
	StopPlay()
	// Music sends the file over and over in the place of all else; errors come at once.
	Music(path string) error
	StopMusic()
	// Record writes a stereo WAV: left what we send, right what we hear.
	Record(path string) error
	StopRecord()
	// SetEcho sends back what is received.
	SetEcho(bool)
	Stats() audio.Stats
	Levels() audio.Levels
	// Close stops the goroutines, sends RTCP BYE and finishes files. It waits for them.
	Close() error
}
