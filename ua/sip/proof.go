package sip

import "crypto/tls"

// Proof is who vouches for the far end of a connection.
type Proof uint8

const (
	// NoProof is of what isn't encrypted, or isn't connected.
	NoProof Proof = iota
	// ProofNobody: it is encrypted, but with whom nobody says.
	ProofNobody
	// ProofUnasked: it came to us, and was asked for no certificate.
	ProofUnasked
	// ProofPin: the far end has the key that the account names.
	ProofPin
	// ProofAuthority: an authority that is believed made out the certificate.
	ProofAuthority
)

// String names who vouches.
func (p Proof) String() string {
	switch p {
	case NoProof:
		return "none"
	case ProofNobody:
		return "nobody"
	case ProofUnasked:
		return "unasked"
	case ProofPin:
		return "pin"
	case ProofAuthority:
		return "authority"
	}
	return "unknown"
}

// Verification says what becomes of a peer that can't prove who it is.
type Verification uint8

const (
	// VerifyPeers refuses it.
	VerifyPeers Verification = iota
	// VerifyNothing talks to it all the same, and says so: Config.Unverified. A pin holds even so.
	VerifyNothing
)

// proof is who vouches where doubt is what the check of the certificate found wrong.
func (c *TLSConfig) proof(doubt *CertificateError) Proof {
	switch {
	case doubt != nil:
		return ProofNobody
	case c.Pin != nil && c.Roots == nil:
		return ProofPin
	}
	return ProofAuthority
}

// proofOfClient is who vouches for a peer that came to us.
func (c *TLSConfig) proofOfClient() Proof {
	if c.Clients != nil {
		return ProofAuthority
	}
	return ProofUnasked
}

// verification is the tls.Config.VerifyConnection of a connection that we dial. doubt is
// told what is wrong with a peer that is taken all the same.
func (c *TLSConfig) verification(v verifier, doubt func(*CertificateError)) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		err := v.verify(s.PeerCertificates)
		if err == nil {
			return nil
		}
		if c.Verify != VerifyNothing || c.Pin != nil {
			return err
		}
		doubt(err)
		return nil
	}
}

// prove notes who vouches for the far end, and tells of one who may be anybody: doubt.
func (c *conn) prove(doubt *CertificateError) {
	e, p := c.e, c.e.cfg.TLS.proofOfClient()
	if c.dialled {
		p = e.cfg.TLS.proof(doubt)
	}
	c.mu.Lock()
	c.proof = p
	c.mu.Unlock()
	if doubt == nil {
		return
	}
	e.log.Warn("nobody vouches for the server: its certificate isn't checked", "server", c.key.addr, "err", doubt)
	if e.cfg.Unverified != nil {
		e.cfg.Unverified(doubt)
	}
}

// Proof says who vouches for the far end of the connection to a target.
func (e *Endpoint) Proof(to Target) Proof {
	e.mu.Lock()
	c := e.connTo(to)
	e.mu.Unlock()
	if c == nil {
		return NoProof
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.proof
}
