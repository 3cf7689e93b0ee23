package audio

import (
	"context"
	"net/netip"
	"time"

	"offhook/audio/rtp"
	"offhook/codec"
)

// Format binds a payload type to a codec, as negotiated for one direction.
type Format struct {
	PT    uint8
	Codec codec.Codec
	Fmtp  string
}

// EventFormat is a telephone-event payload type and its clock in Hz.
type EventFormat struct {
	PT    uint8
	Clock int
}

// DTMFMode says how digits travel.
type DTMFMode uint8

const (
	// DTMFAuto is RFC 4733 when negotiated, otherwise SIP INFO when the peer
	// allows it, otherwise in-band. ua resolves it before it reaches a session.
	DTMFAuto DTMFMode = iota
	DTMFRFC4733
	DTMFInfo
	DTMFInband
)

// String is how flags, the configuration and events write it: "rfc4733".
func (m DTMFMode) String() string {
	switch m {
	case DTMFAuto:
		return "auto"
	case DTMFRFC4733:
		return "rfc4733"
	case DTMFInfo:
		return "info"
	case DTMFInband:
		return "inband"
	}
	return "unknown"
}

// Params is everything that an offer/answer round decides about one audio
// stream. A session takes a whole new Params at each change; it is immutable.
type Params struct {
	// Remote and RemoteRTCP are where to send. An invalid or unspecified Remote
	// sends nothing.
	Remote, RemoteRTCP netip.AddrPort
	// Vouched is the host that the peer's signalling comes from, invalid for none: where its
	// media comes from elsewhere than Remote, that is the likeliest place.
	Vouched netip.Addr
	// KeepOpen is how long nothing may leave the RTP port before an empty packet keeps a NAT
	// from closing it (RFC 6263). Zero means 15 s.
	KeepOpen time.Duration
	// RTCPMux puts RTCP on the RTP socket (RFC 5761).
	RTCPMux bool
	// XR are the extended reports that the peer takes (RFC 3611).
	XR rtp.XRBlocks
	// Early: nobody has answered yet. Several forks may send then, and while one is silent
	// another is heard (interop 22).
	Early bool
	// Send and Receive are the negotiated direction, seen from here.
	Send, Receive bool
	// Encode is the format we send.
	Encode Format
	// Decode lists each format that the peer may send to us, by our payload types.
	Decode []Format
	// EventSendPT and EventRecvPT are the telephone-event payload types (RFC
	// 4733), 0 for none; EventClock is its clock in Hz, that of Encode.
	EventSendPT, EventRecvPT uint8
	EventClock               int
	// EventRecv lists each telephone-event that the peer may send, by our payload types:
	// one for each clock. Empty is EventRecvPT alone.
	EventRecv []EventFormat
	// ComfortNoisePT is the payload type of RFC 3389 in what we receive, 0 for none.
	ComfortNoisePT uint8
	// ComfortNoiseSendPT is its payload type in what we send, by Encode's clock: with
	// it pauses are left out. 0 sends them whole.
	ComfortNoiseSendPT uint8
	// Ptime is the packet time to send. Zero means 20 ms.
	Ptime time.Duration
	// Security is how packets are protected, nil for not at all.
	Security Security
}

// OpenOptions is what a session needs before anything is negotiated.
type OpenOptions struct {
	// Local is the address to bind. Port 0 picks an even port from the engine's range.
	Local netip.Addr
	// CNAME is the RTCP canonical name (RFC 7022). Empty makes a random one.
	CNAME string
	// Probe, if there is one, has the RTP socket after it was bound and before the
	// session reads from it, as for STUN. Its error makes Open fail. ctx ends when that
	// of Open does, or the engine closes; a read that waits then fails.
	Probe func(ctx context.Context, rtp ProbeConn) error
	// OnSTUN takes each STUN message and TURN channel data that come on the RTP socket, or
	// by Deliver (RFC 7983). It is called from the session's loop and must not block; raw is
	// lent until it returns. Nil counts them as odd.
	OnSTUN func(raw []byte, from netip.AddrPort, at time.Time)
	// OnEvent is called from the session's loop; it must not block or call back.
	OnEvent func(Event)
}

// Event is a fact about a media session. Sealed.
type Event interface{ audioEvent() }

type (
	// FirstPacket: the first valid RTP packet of a remote stream (each new SSRC).
	FirstPacket struct {
		SSRC uint32
		From netip.AddrPort
	}
	// Silent: no RTP arrived for the given time although we receive.
	Silent struct{ For time.Duration }
	// DigitReceived: a DTMF digit, by RFC 4733 or detected in-band, reported once at its end.
	DigitReceived struct {
		Digit    byte // 0-9 * # A-D
		Duration time.Duration
		Inband   bool
	}
	// DigitSent: a digit queued by SendDTMF has gone out whole.
	DigitSent struct{ Digit byte }
	// PlayEnded: the source given to Play reached its end, or failed with Err.
	PlayEnded struct{ Err error }
	// RecordStarted: what was asked of Record is under way, to the file of this name.
	RecordStarted struct{ Path string }
	// RecordEnded: the file is whole, and holds so much. Err says why it ended by itself.
	RecordEnded struct {
		Path     string
		Duration time.Duration
		Err      error
	}
	// Odd: datagrams of a kind that is no voice of the peer's. It is told once for each kind.
	Odd struct {
		Kind Oddity
		From netip.AddrPort
		// PT is the payload type of RTP, 0 for what is none.
		PT uint8
	}
	// DeviceFailed: the stream was lost and a null stream took over.
	DeviceFailed struct{ Err error }
	// MutedSpeech: somebody speaks into the microphone while the session is muted. It
	// comes again after 5 s of further speech at the earliest.
	MutedSpeech struct{}
)

func (FirstPacket) audioEvent()   {}
func (Silent) audioEvent()        {}
func (DigitReceived) audioEvent() {}
func (DigitSent) audioEvent()     {}
func (PlayEnded) audioEvent()     {}
func (Odd) audioEvent()           {}
func (RecordStarted) audioEvent() {}
func (RecordEnded) audioEvent()   {}
func (DeviceFailed) audioEvent()  {}
func (MutedSpeech) audioEvent()   {}

// Stats is a snapshot of a session, taken without a lock on the media path.
type Stats struct {
	PacketsSent, BytesSent         uint64
	PacketsReceived, BytesReceived uint64
	// Lost is the count of RFC 3550, section 6.4.1 (it can be negative);
	// Late, Duplicate, Reordered, Discarded (buffer overflow) and Invalid are ours.
	Lost                                           int64
	Late, Duplicate, Reordered, Discarded, Invalid uint64
	// Concealed is how many samples, in time, the ear heard that no packet brought.
	Concealed time.Duration
	// Jitter is the interarrival jitter of RFC 3550, section 6.4.1.
	Jitter time.Duration
	// Playout is the delay that the jitter buffer adds now; Target is what it wants a
	// packet to wait at least.
	Playout, Target time.Duration
	// Recovered is what was heard from a copy in the next packet; Bridged is the part
	// of Concealed that was made from both sides of a gap. Removed and Inserted are what was cut out of the sound, or
	// put in, to correct the delay.
	Recovered, Bridged, Removed, Inserted time.Duration
	// Drift is how much faster the peer's clock runs than the ear's, in ppm; 0 until
	// it is known.
	Drift float64
	// RTT, RemoteLost and RemoteJitter come from the peer's reports; zero until one came.
	RTT, RemoteJitter time.Duration
	RemoteLost        int64
	// RemoteFraction is the loss that the peer saw, 0 to 1, in its last report.
	RemoteFraction float64
	// RTTMean and RTTMax are over the call.
	RTTMean, RTTMax time.Duration
	// MOSIn and MOSOut rate the last seconds: what we hear, and what the peer hears by its
	// reports. CallIn and CallOut rate the whole call.
	MOSIn, MOSOut, CallIn, CallOut Quality
	// CodecIn is the encoding name of what came last; empty before anything did.
	CodecIn string
	// SSRC is our stream's, RemoteSSRC the peer's; 0 before there is one.
	SSRC, RemoteSSRC uint32
	// XR is what we say of the peer's stream, RemoteXR what the peer said of ours last;
	// neither is Known before there is one.
	XR, RemoteXR VoIPMetrics
	// Odd counts what came and was no voice of the peer's, by kind. Most of it is in
	// Invalid too.
	Odd    [NumOddities]uint64
	Stream StreamStats
	// Security is what is true of the protection by SRTP.
	Security SecurityStats
}

// Levels are peak-hold meters in dBFS (0 is full scale, -96 and less is silence),
// read by a UI at its own pace.
type Levels struct {
	Mic, Ear float64
	// Clipped: within the last second the microphone was driven past full scale.
	Clipped bool
}

// Tone is a call-progress tone that the engine plays to the ear.
type Tone uint8

const (
	ToneNone Tone = iota
	ToneRingback
	ToneBusy
	ToneCongestion
	ToneRinging // an incoming call
	ToneWaiting // a second incoming call, softly into the running one
	ToneWarning // the phone is about to answer by itself
	ToneDial    // a number may be dialled
)
