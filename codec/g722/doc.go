// Package g722 is G.722 over RTP: 7 kHz speech in 64 kbit/s, two sub-bands of
// adaptive differential PCM (ITU-T G.722; RFC 3551, section 4.5.2). The
// composition root lists Codec{} in its codec.Set; nobody else imports this
// package.
package g722
