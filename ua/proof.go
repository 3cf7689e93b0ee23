package ua

import "offhook/ua/sip"

// proofs is what an endpoint can tell of its connections.
type proofs interface {
	Proof(sip.Target) sip.Proof
}

// hopProof is who vouches for the next hop of the call's signalling. What is known stays: a
// connection that is gone meanwhile has carried the keys.
func (c *phoneCall) hopProof() sip.Proof {
	if c.m == nil {
		return c.protected.proof
	}
	l := c.main()
	if l == nil || !encryptedBy(l.via.Transport) {
		return c.protected.proof
	}
	if e, ok := l.end.endpoint.(proofs); ok {
		if p := e.Proof(l.via); p != sip.NoProof {
			c.protected.proof = p
		}
	}
	return c.protected.proof
}
