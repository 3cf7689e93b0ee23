// Package g711 is ITU-T G.711: PCMU and PCMA of RFC 3551, 8000 Hz, one byte a sample.
// The encoder shapes its noise as Appendix III does, the decoder conceals lost packets
// in the class of Appendix I, or better when the packet after the gap is there. The
// composition root lists PCMU{} and PCMA{} in its codec.Set; nobody else imports this
// package.
//
//	pcm ──> shaper (noise feedback) ──> law ──> payload
//	payload ──> table ──> plc.Concealer ──> pcm
package g711
