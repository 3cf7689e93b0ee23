// Package netwatch tells when this machine's addresses or routes change: a cable, a
// wireless network, a VPN; and when it has slept. It knows nothing of SIP; the Agent (package ua) calls it
// from a worker.
//
//	netlink, clock (Linux) --\
//	                          >-- signal --> settle: quiet for 200 ms, at most 1 s --> f(news)
//	polling (others) --------/
package netwatch
