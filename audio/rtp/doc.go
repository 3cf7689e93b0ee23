// Package rtp is RTP and RTCP as one audio stream needs them (RFC 3550, 3551,
// 4961, 5761): packets in and out of the caller's buffers, receiver statistics,
// reports, and where to send. All of it is pure: sockets and time are the
// caller's. audio's session loop is the caller; a value belongs to one goroutine.
//
//	socket ──> Classify ─┬─> Parse ──> Receiver (A.1, A.3, A.8) ──> jitter buffer
//	                     │     └─────> Latch (where the peer really is)
//	                     └─> ParseReport ──> RTT, remote loss, BYE
//	encoder ──> Sender (header into the headroom) ──> socket
//	              Schedule (when) ──> Report.Append (SR or RR, SDES) ──> socket
package rtp
