// Package opus is Opus over RTP (RFC 6716, RFC 7587) on libopus: 48 kHz mono,
// with in-band FEC, discontinuous transmission and concealment. A peer's stereo
// is mixed down by the decoder. The composition root lists Codec{} in its
// codec.Set, and audio/soundfile plays and records files with it (FileEncoder);
// nobody else imports this package.
//
// It builds with -tags nolibopusfile: only libopus itself is linked.
package opus
