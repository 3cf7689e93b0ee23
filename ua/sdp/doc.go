// Package sdp is the offer/answer model (RFC 3264) for one audio stream: pure,
// no sockets, no goroutines, no clock.
//
//	bytes --Parse--> Description --Session.Answer------> body to send, Result
//	                             \-Session.ApplyAnswer-> Result
//	Local --Session.Offer--> body to send
//
// A Session remembers what offer/answer must not forget between rounds: the
// number and order of m= lines, the payload type numbers, and the o= version. It
// belongs to one dialog; its owner calls it from one goroutine. Whether a body
// may be sent now is decided by package dialog.
//
// Parsing is pion/sdp's behind a tolerant pre-pass: peers send bare LF, no last
// newline, no s=, and lines in the wrong order, and a call must not fail for it.
package sdp
