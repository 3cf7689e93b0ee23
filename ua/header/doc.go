// Package header reads and writes the SIP headers that say something to people:
// who calls, why, through whom, how urgent it is, and why a call ended.
//
//	From, P-Asserted-Identity, Remote-Party-ID, Privacy    who    (RFC 3261, 3325, 3323)
//	Diversion, History-Info                                how    (RFC 5806, 7044)
//	Subject, Priority, Organization, Call-Info, Alert-Info what   (RFC 3261, section 20)
//	Reason, Warning, Retry-After                           why    (RFC 3326, 3261)
//
// All of it was written by a stranger: what comes out of here is one line without
// control characters, and bounded in length and in number. It is pure; anyone may
// call it from any goroutine.
package header
