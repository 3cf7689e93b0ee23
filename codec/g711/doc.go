// Package g711 is ITU-T G.711: PCMU and PCMA of RFC 3551, 8000 Hz, one byte a
// sample, with concealment of lost packets. The composition root lists PCMU{}
// and PCMA{} in its codec.Set; nobody else imports this package.
package g711
