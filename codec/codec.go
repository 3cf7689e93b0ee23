package codec

import "errors"

// Info is the immutable description of a codec as SDP and RTP see it.
type Info struct {
	// Name is the encoding name of the rtpmap, in its registered spelling
	// ("PCMU", "opus"). It compares without case (RFC 8866, section 6.6).
	Name string
	// ClockRate is the RTP timestamp clock in Hz. It isn't always the sample
	// rate: G.722 samples at 16000 and stamps at 8000 (RFC 3551, section 4.5.2).
	ClockRate int
	// SampleRate is the rate in Hz of the PCM that Encode takes and Decode gives.
	SampleRate int
	// Channels is the channel count of the rtpmap: 2 for opus, always (RFC 7587,
	// section 7). The PCM of this package is mono whatever it says.
	Channels int
	// StaticPT is the payload type of RFC 3551 or -1 for a dynamic one.
	StaticPT int
	// Fmtp is what our offer says of the format, without the payload type;
	// empty for none.
	Fmtp string
}

// ErrPayload is wrapped by a Decoder's error for a payload it can't decode.
// The caller conceals the frame and goes on.
var ErrPayload = errors.New("payload cannot be decoded")

// Encoder turns mono PCM into RTP payloads. Not safe for concurrent use.
type Encoder interface {
	// Encode writes the payload of one frame to dst and returns its length in
	// bytes; 0 means that nothing need be sent (DTX). pcm holds a whole frame at
	// Info.SampleRate of a duration the codec allows. No allocation.
	Encode(dst []byte, pcm []int16) (int, error)
}

// LossAware is an Encoder that can prepare for the loss that the peer sees.
type LossAware interface {
	Encoder
	// SetLoss takes the share of packets, 0 to 1, that the peer's last report
	// counts as lost. No allocation.
	SetLoss(fraction float64)
}

// Decoder turns RTP payloads into mono PCM. Not safe for concurrent use.
type Decoder interface {
	// Decode writes the samples of payload to dst and returns their count: any
	// whole number of frames the payload holds. dst must have room for
	// MaxFrame samples. No allocation. Errors wrap ErrPayload.
	Decode(dst []int16, payload []byte) (int, error)
	// Conceal fills all of dst with a plausible continuation of what was
	// decoded last (packet loss concealment) and fades when called repeatedly.
	Conceal(dst []int16)
}

// FECDecoder is a Decoder whose packets can carry a redundant copy of the
// frame before them (Opus in-band FEC, RFC 7587, section 3.3).
type FECDecoder interface {
	Decoder
	// DecodeFEC fills all of dst with the frame lost before next. It reports
	// false, and writes nothing, when next carries no such copy.
	DecodeFEC(dst []int16, next []byte) (bool, error)
}

// Interpolator is a Decoder that can bridge a gap from both sides, when the
// packet after it is already there.
type Interpolator interface {
	Decoder
	// Interpolate fills all of dst, which is everything that is still missing
	// between what was decoded or concealed last and next: the payload that is
	// passed to Decode right after. It is better than Conceal, which knows the
	// past alone. No allocation. Of an error (next can't be decoded; it wraps
	// ErrPayload) nothing was written: Conceal instead.
	Interpolate(dst []int16, next []byte) error
}

// Params is what was negotiated for one direction of one stream.
type Params struct {
	// Fmtp is the peer's format parameters for an encoder, ours for a decoder.
	Fmtp string
	// FrameMS is the packet time in ms. Zero means 20.
	FrameMS int
}

// Codec is a description and two constructors. A new codec is one folder: nothing
// else knows a codec by its type but the list in the composition root.
type Codec interface {
	Info() Info
	NewEncoder(Params) (Encoder, error)
	NewDecoder(Params) (Decoder, error)
}

// MaxFrame is the longest PCM, in samples, that one payload decodes to: 120 ms
// at 48 kHz.
const MaxFrame = 5760

// Set is an ordered list of codecs, most wanted first. There is no registry:
// the composition root lists what it wants.
type Set []Codec
