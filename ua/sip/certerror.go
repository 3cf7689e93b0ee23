package sip

import (
	"fmt"
	"strings"
	"time"
)

// CertProblem is why a certificate isn't believed.
type CertProblem uint8

const (
	CertMissing          CertProblem = iota // the peer showed none
	CertWrongName                           // it is somebody else's
	CertExpired                             // it was valid once
	CertNotYetValid                         // it will be
	CertUnknownAuthority                    // nobody known vouches for it
	CertWrongPin                            // its key isn't the pinned one
	CertWrongUsage                          // it isn't for servers
	CertBadChain                            // it is broken in another way
)

// String names the problem for programs.
func (p CertProblem) String() string {
	switch p {
	case CertMissing:
		return "missing"
	case CertWrongName:
		return "wrong_name"
	case CertExpired:
		return "expired"
	case CertNotYetValid:
		return "not_yet_valid"
	case CertUnknownAuthority:
		return "unknown_authority"
	case CertWrongPin:
		return "wrong_pin"
	case CertWrongUsage:
		return "wrong_usage"
	case CertBadChain:
		return "bad_chain"
	}
	return "unknown"
}

// CertificateError says why a peer's certificate was refused. Its Error is for people.
type CertificateError struct {
	Problem CertProblem
	// Host is the name that was to be proved.
	Host string
	// Names are those that the certificate is for; Issuer who made it out.
	Names               []string
	Issuer              string
	NotBefore, NotAfter time.Time
	// Pin is that of the certificate's key.
	Pin Pin
	// Err is crypto/x509's word, if any.
	Err error
}

func (e *CertificateError) Unwrap() error { return e.Err }

// Error says which name was expected, what the certificate says, what to do, and the pin of
// the key, for who has it from the owner and wants to go by it alone.
func (e *CertificateError) Error() string {
	switch e.Problem {
	case CertMissing, CertUnknownAuthority, CertWrongPin: // no key, or said already
		return e.words()
	case CertWrongName, CertExpired, CertNotYetValid, CertWrongUsage, CertBadChain:
	}
	return fmt.Sprintf("%s (the pin of its key is %s)", e.words(), e.Pin)
}

func (e *CertificateError) words() string {
	const day = "2006-01-02 15:04 MST"
	switch e.Problem {
	case CertMissing:
		return fmt.Sprintf("%s showed no certificate; TLS needs one there", e.Host)
	case CertWrongName:
		names := "no name at all"
		if len(e.Names) > 0 {
			names = clip(strings.Join(e.Names, ", "))
		}
		return fmt.Sprintf("the certificate shown for %s is for %s; check the address that was dialled, or set tls_server_name if that is its name",
			e.Host, names)
	case CertExpired:
		return fmt.Sprintf("the certificate of %s expired on %s; its owner has to renew it (or this machine's clock is wrong)", e.Host, e.NotAfter.UTC().Format(day))
	case CertNotYetValid:
		return fmt.Sprintf("the certificate of %s isn't valid before %s; check this machine's clock", e.Host, e.NotBefore.UTC().Format(day))
	case CertUnknownAuthority:
		return fmt.Sprintf("the certificate of %s was made out by %q, which isn't a known authority; name that authority's file with tls_ca, or pin the server's key: tls_pin = %q",
			e.Host, clip(e.Issuer), e.Pin)
	case CertWrongPin:
		return fmt.Sprintf("the key of %s isn't the pinned one: it is %s; somebody may be in between, or the server has a new key: ask its owner, then set tls_pin", e.Host, e.Pin)
	case CertWrongUsage:
		return fmt.Sprintf("the certificate of %s isn't for a server; its owner has to get another", e.Host)
	case CertBadChain:
	}
	return fmt.Sprintf("the certificate of %s is not valid: %v; its owner has to repair it", e.Host, e.Err)
}
