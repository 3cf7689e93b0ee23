// Package rtp is RTP and RTCP as one audio stream needs them (RFC 3550, 3551, 3611,
// 4961, 5761): packets in and out of the caller's buffers, receiver statistics,
// reports, where to send, and how it sounds (ITU-T G.107). All of it is pure: sockets
// and time are the caller's. audio's session loop is the caller, and ua/sdp names the
// extended reports; a value belongs to one goroutine.
//
//	socket ──> Classify ─┬─> Parse ──> Receiver (A.1, A.3, A.8) ──> jitter buffer
//	                     │     └─────> Latch (where the peer really is)
//	                     │     └─────> Cipher (sound, or ciphertext by mistake)
//	                     └─> ParseReport ──> RTT, remote loss, XR, BYE
//	fates of packets ──> Bursts (RFC 3611's model) ──> Conversation.Rate ──> MOS
//	encoder ──> Sender (header into the headroom) ──> socket
//	              Schedule (when) ──> Report.Marshal (SR or RR, SDES, XR, BYE) ──> socket
package rtp
