package sdp

import (
	"errors"
	"fmt"
	"strings"

	"offhook/codec"
)

// Conditions that a caller tells apart with errors.Is.
var (
	// ErrSyntax: the body isn't SDP.
	ErrSyntax = errors.New("malformed SDP")
	// ErrNoAudio: the peer describes no audio stream, or refused it.
	ErrNoAudio = errors.New("no audio stream")
	// ErrNoCommonCodec: the audio stream has no codec that we have too.
	ErrNoCommonCodec = errors.New("no common codec")
	// ErrProfile: audio only over a transport that we can't speak.
	ErrProfile = errors.New("unsupported media transport")
	// ErrSecurity: the two sides can't agree on how media is protected.
	ErrSecurity = errors.New("media encryption")
	// ErrAddress: the stream's address isn't one that we can send to.
	ErrAddress = errors.New("unusable media address")
	// ErrNoOffer: an answer was given to a Session that has made no offer.
	ErrNoOffer = errors.New("answer without an offer")
)

// SyntaxError tells which line couldn't be understood. It is ErrSyntax.
type SyntaxError struct {
	Line int    // from 1; 0 for the body as a whole
	Text string // the line, shortened
	Why  string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%v: %s", ErrSyntax, e.Why)
	}
	return fmt.Sprintf("%v: line %d %q: %s", ErrSyntax, e.Line, e.Text, e.Why)
}

// Is makes errors.Is(err, ErrSyntax) true.
func (e *SyntaxError) Is(target error) bool { return target == ErrSyntax }

// CodecError tells what each side has. It is ErrNoCommonCodec.
type CodecError struct{ Theirs, Ours []string }

func (e *CodecError) Error() string {
	return fmt.Sprintf("%v: the peer has %s, this account has %s; allow one of the peer's codecs here or one of ours there",
		ErrNoCommonCodec, list(e.Theirs), list(e.Ours))
}

// Is makes errors.Is(err, ErrNoCommonCodec) true.
func (e *CodecError) Is(target error) bool { return target == ErrNoCommonCodec }

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// StatusCode is the response that refuses an offer which failed with err: 400
// for a body that isn't SDP, 488 for a description we can't meet (RFC 3261,
// section 13.3.1.3). 0 for nil.
func StatusCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrSyntax):
		return 400
	default:
		return 488
	}
}

func profileError(proto string) error {
	return fmt.Errorf("%w %s: only RTP and SRTP are spoken here (RTP/AVP, RTP/SAVP and their kin); let the peer offer one of them", ErrProfile, proto)
}

func addressError(host string) error {
	if host == "" {
		return fmt.Errorf("%w: the audio stream has no c= line", ErrAddress)
	}
	return fmt.Errorf("%w %q: the peer must give a numeric IP address in c=", ErrAddress, host)
}

func codecError(theirs []Format, ours codec.Set) error {
	e := &CodecError{}
	for _, f := range theirs {
		if f.audible() || f.Name == "" {
			e.Theirs = append(e.Theirs, f.String())
		}
	}
	for _, c := range ours {
		e.Ours = append(e.Ours, c.Info().String())
	}
	return e
}

// worse keeps the more telling of two reasons to refuse all streams: a codec
// that is missing, then an address or profile, then no audio at all.
func worse(a, b error) error {
	if errors.Is(a, ErrNoCommonCodec) || !errors.Is(a, ErrNoAudio) && !errors.Is(b, ErrNoCommonCodec) {
		return a
	}
	return b
}
