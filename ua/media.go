package ua

import (
	"context"
	"net/netip"
	"time"

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
	// RecordConference writes all members to one file, and StopRecordConference ends it. tell
	// gets audio.RecordStarted and RecordEnded; it must not block.
	RecordConference(path string, o audio.RecordOptions, tell func(audio.Event)) error
	StopRecordConference()
	// Tone plays a call-progress tone to the ear until the next call of Tone.
	Tone(audio.Tone)
}

// Ringer is a MediaEngine that knows several rings.
type Ringer interface {
	// Ring chooses how ToneRinging sounds; empty, or a name that it doesn't know, is the
	// standard ring.
	Ring(name string)
}

// MediaPath is the way that media takes, for who finds it out beside signalling.
type MediaPath interface {
	// SendDatagram sends from the RTP socket, past all that is done to voice.
	SendDatagram(raw []byte, to netip.AddrPort) error
	// Deliver takes what came elsewhere as if it had come on the RTP socket.
	Deliver(raw []byte, from netip.AddrPort, at time.Time)
	// Attentive has the sockets looked at every few milliseconds.
	Attentive(on bool)
	// SetRoute says where packets go, and from where they are heard; the zero Route leaves
	// it to signalling and the latch.
	SetRoute(audio.Route)
}

// MediaSession is one call's media. The methods post to the session's loop and
// return; outcomes come as audio.Events.
type MediaSession interface {
	// LocalAddr is the RTP socket's address; RTCP is on the next port.
	LocalAddr() netip.AddrPort
	Apply(audio.Params)
	MediaPath
	SetMuted(bool)
	// SendDTMF queues digits as RFC 4733 events or in-band tones.
	SendDTMF(digits string, mode audio.DTMFMode)
	// Play sends the file at path into the call instead of the microphone.
	// Errors (no such file, no sound that we know) come at once.
	Play(path string, o audio.PlayOptions) error
	StopPlay()
	// Music sends the file over and over in the place of all else; errors come at once.
	Music(path string) error
	StopMusic()
	// Record writes the call to a file of the kind that its extension says; a file that
	// can't be made is an error at once. RecordStarted and RecordEnded follow.
	Record(path string, o audio.RecordOptions) error
	StopRecord()
	// SetEcho sends back what is received.
	SetEcho(bool)
	Stats() audio.Stats
	Levels() audio.Levels
	// Close stops the goroutines, sends RTCP BYE and finishes files. It waits for them.
	Close() error
}
