// Package resolve asks the DNS what locating a SIP server needs: NAPTR, SRV and
// addresses (RFC 3263). It exists because the system's resolver knows no NAPTR,
// keeps no answers, and hides how long they last. ua/sip calls it, from any
// goroutine; it knows nothing of SIP.
//
//	Addrs, SRV, NAPTR
//	      |   hosts file (addresses only)
//	      |   names by search list and ndots
//	      v
//	   cache --- answers for their TTL, "no such name" for the SOA's (RFC 2308)
//	      |
//	      v
//	 nameservers in turn; the ones that failed last are asked last
//	      |   UDP with EDNS0; TCP when the answer is truncated
//	      v
//	   the wire (Config.Exchange in tests)
//
// Nameservers, search list and hosts file are the system's, and read again when
// the files change, as they do when a machine moves to another network.
package resolve
