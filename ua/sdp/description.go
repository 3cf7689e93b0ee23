package sdp

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"offhook/audio/rtp"
)

// Description is what one body says, with session-level values already applied
// to each stream. It is immutable.
type Description struct {
	// SessionID and Version are of the o= line; 0 when that wasn't readable.
	SessionID, Version uint64
	// Streams are the m= lines in order.
	Streams []Stream
}

// Stream is one m= line and what belongs to it.
type Stream struct {
	// Media and Proto are as written: "audio", "RTP/AVP".
	Media, Proto string
	// Port is 0 for a stream that is refused or switched off.
	Port uint16
	// Formats are the payload types of an RTP stream in order of preference.
	Formats []Format
	// Host is the address of c= as written; Addr is that when numeric.
	Host string
	Addr netip.Addr
	// RTCP is where RTCP goes: a=rtcp, or the next port. Invalid when unknown.
	RTCP netip.AddrPort
	// RTCPMux says a=rtcp-mux (RFC 5761).
	RTCPMux bool
	// XR are the RTCP extended reports that the writer takes: a=rtcp-xr (RFC 3611, section 5).
	XR rtp.XRBlocks
	// Direction is as written, or sendrecv.
	Direction Direction
	// Ptime and MaxPtime are 0 when not given.
	Ptime, MaxPtime time.Duration
	// Crypto are the a=crypto lines (RFC 4568).
	Crypto []Crypto
	// DTLS is what the stream says of DTLS-SRTP; empty without any.
	DTLS DTLS
	// Mid names the stream (RFC 5888); empty without a name. Bundled says that it may share
	// its transport (RFC 9143).
	Mid     string
	Bundled bool
	// ICE is what the stream says of ICE; empty without any.
	ICE StreamICE

	fmts []string // as written, for the m= line of a refusal
}

// Format is one payload type of a stream.
type Format struct {
	PT uint8
	// Name is empty for a dynamic number that has no rtpmap.
	Name                string
	ClockRate, Channels int
	Fmtp                string
}

// String is "PCMU/8000" or "opus/48000/2".
func (f Format) String() string {
	if f.Name == "" {
		return fmt.Sprintf("payload type %d", f.PT)
	}
	if f.Channels > 1 {
		return fmt.Sprintf("%s/%d/%d", f.Name, f.ClockRate, f.Channels)
	}
	return fmt.Sprintf("%s/%d", f.Name, f.ClockRate)
}

// is compares encoding names, which have no case (RFC 8866, section 6.6).
func (f Format) is(name string) bool { return strings.EqualFold(f.Name, name) }

// audible says that the format carries sound of its own, so that it isn't an
// event or a noise description.
func (f Format) audible() bool {
	return f.Name != "" && !f.is(telephoneEvent) && !f.is(comfortNoise) && !f.is("red")
}

// Codecs names the formats that the description's audio streams offer, for
// people: "PCMU/8000", "opus/48000/2", "telephone-event/8000".
func (d *Description) Codecs() []string {
	var names []string
	for _, s := range d.Streams {
		if s.isAudio() {
			names = append(names, formatNames(s.Formats)...)
		}
	}
	return names
}

func formatNames(formats []Format) []string {
	names := make([]string, 0, len(formats))
	for _, f := range formats {
		names = append(names, f.String())
	}
	return names
}

func (s *Stream) isAudio() bool { return strings.EqualFold(s.Media, "audio") }

// isRTP says that the stream's formats are payload types.
func (s *Stream) isRTP() bool { return strings.Contains(strings.ToUpper(s.Proto), "RTP/") }

// unspecified says that the address is the old sign for hold: 0.0.0.0, ::, or a
// name under .invalid (RFC 3264, section 8.4; RFC 6157, section 5.1).
func (s *Stream) unspecified() bool {
	if s.Addr.IsValid() {
		return s.Addr.IsUnspecified() && !s.undecided()
	}
	return strings.HasSuffix(strings.ToLower(strings.TrimSuffix(s.Host, ".")), ".invalid")
}

// wants is the direction that the writer means: without an address it can't receive.
func (s *Stream) wants() Direction {
	if s.unspecified() {
		return direction(s.Direction.Sends(), false)
	}
	return s.Direction
}

// rtp is where to send the stream; invalid when there is nowhere.
func (s *Stream) rtp() netip.AddrPort {
	if !s.Addr.IsValid() || s.Addr.IsUnspecified() || s.Port == 0 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(s.Addr, s.Port)
}
