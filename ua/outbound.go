package ua

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"time"

	"offhook/ua/sip"
)

// OutboundMode says whether an account asks its registrar to reach it by the flow
// that it registered over (RFC 5626).
type OutboundMode uint8

const (
	// OutboundAuto asks, and registers without where the first hop or the registrar doesn't know it.
	OutboundAuto OutboundMode = iota
	// OutboundOff doesn't ask.
	OutboundOff
	// OutboundOn asks, and fails where the first hop says that it doesn't know it (439). A
	// registrar that doesn't know it says nothing (RFC 5626, section 6): that is a warning.
	OutboundOn
)

// GRUUMode says whether an account has itself called by globally routable URIs (RFC 5627).
type GRUUMode uint8

const (
	// GRUUAuto asks for GRUUs, and uses them as Contact where the registrar speaks outbound
	// too: only there our own address may lead nowhere. A registrar that hands out GRUUs, yet
	// doesn't resolve them within a dialog, is common enough not to rely on it otherwise.
	GRUUAuto GRUUMode = iota
	// GRUUOff doesn't ask.
	GRUUOff
	// GRUUOn uses what it gets.
	GRUUOn
)

// Flow is one of the ways to an account's registrar (RFC 5626): a snapshot.
type Flow struct {
	// RegID numbers it, from 1, in the order of the account's outbound proxies.
	RegID int
	// Proxy is its outbound proxy; empty where it leads to the registrar itself.
	Proxy string
	State RegState
	// Target is where it leads by now; its zero value before the first answer.
	Target sip.Target
	// Outbound says that the registrar took it as a flow; Timer is how long it may be silent.
	Outbound bool
	Timer    time.Duration
	RetryAt  time.Time
	Err      error
}

// NetworkChanged tells that this machine reaches an account's registrar, or its peer
// where it has none, from another address now. What registers and talks is moving there.
type NetworkChanged struct {
	Meta
	Account  string
	Was, Now netip.Addr
	// Calls are those that move.
	Calls []CallID
}

// NewInstance makes a URN for Account.Instance (RFC 9562, section 5.4): random, to be
// kept for as long as the account is this phone's.
func NewInstance() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
