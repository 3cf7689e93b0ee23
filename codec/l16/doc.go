// Package l16 is uncompressed audio over RTP, 16 bits in network byte order (RFC
// 3551, section 4.5.11): for tests and measurements, which hear with it what no
// codec has touched, and for peers on a wire that has the room. The composition
// root lists Mono and Stereo in its codec.Set; nobody else imports this package.
package l16
