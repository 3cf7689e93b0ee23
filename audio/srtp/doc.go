// Package srtp protects RTP and RTCP (RFC 3711): confidential, authentic, and never heard
// twice.
//
//	packet in the clear --Sealer.RTP, RTCP--> wire --Opener.RTP, RTCP--> packet in the clear
//	                          ^ Key (ours)                ^ Key (the peer's)
//
// The two directions have keys of their own. A Sealer must live as long as its Key is in
// use: a second one of the same Key would begin to count anew, and encrypt two packets with
// the same key stream.
//
// Who may call: the session of package audio, from its loop; ua/sdp names suites and carries
// keys, and audio/dtls derives them. Nothing in here is safe for concurrent use, and nothing
// allocates per packet. It is the only home of pion/srtp.
package srtp
