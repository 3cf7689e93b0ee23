// Package lab starts the software that offhook is tested against: kamailio, baresip,
// sipp, coturn, a nameserver and PulseAudio, each private to the test that starts it,
// and offhook itself as the binary that people run.
//
// Main puts the whole test binary into a network namespace of its own, so that
// no packet of a test leaves the machine and no port can be taken by others.
//
//	+-- network namespace ------------------------------------+
//	|  phone0 10.20.30.1 (one of a veth pair; no way out)     |
//	|  kamailio   baresip   sipp   offhook   pulseaudio       |
//	+---------------------------------------------------------+
//
// Within it a test may make an Internet of its own, with phones in private networks behind
// routers whose NATs are of each kind (Internet, LAN, NAT).
//
// With OFFHOOK_PEERS=1, as `make test` sets it, a missing peer fails the test;
// without it the test is skipped.
package lab
