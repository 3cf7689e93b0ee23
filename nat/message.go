package nat

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/pion/stun/v2"
)

var (
	// ErrMalformed is wrapped for an answer that can't be read or says nothing.
	ErrMalformed = errors.New("malformed STUN message")
	// ErrRefused is wrapped for a STUN error response.
	ErrRefused = errors.New("the STUN server refused")
)

// answer is what a STUN response says.
type answer struct {
	id     [stun.TransactionIDSize]byte
	mapped netip.AddrPort
	// other is the server's second address and port, for the tests of RFC 5780; invalid for none.
	other  netip.AddrPort
	server netip.AddrPort // who was asked
	err    error          // ErrRefused, or ErrMalformed for a success without an address
}

// parse reads a response. Errors wrap ErrMalformed: not STUN, not a response to
// Binding, or a wrong FINGERPRINT.
func parse(raw []byte) (answer, error) {
	m := &stun.Message{Raw: raw}
	if err := m.Decode(); err != nil {
		return answer{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if m.Contains(stun.AttrFingerprint) {
		if v, err := m.Get(stun.AttrFingerprint); err != nil || len(v) != 4 {
			return answer{}, fmt.Errorf("%w: FINGERPRINT of %d bytes", ErrMalformed, len(v))
		}
		if err := stun.Fingerprint.Check(m); err != nil {
			return answer{}, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
	}
	a := answer{id: m.TransactionID}
	switch m.Type {
	case stun.BindingSuccess:
		a.mapped, a.err = mapped(m)
		a.other = other(m)
	case stun.BindingError:
		a.err = refusal(m)
	default:
		return answer{}, fmt.Errorf("%w: %v isn't an answer to Binding", ErrMalformed, m.Type)
	}
	return a, nil
}

// mapped prefers XOR-MAPPED-ADDRESS, which no NAT rewrites, over the older
// MAPPED-ADDRESS (RFC 8489, section 14.2).
func mapped(m *stun.Message) (netip.AddrPort, error) {
	if v, err := m.Get(stun.AttrXORMappedAddress); err == nil {
		if err := addressLength(v); err != nil {
			return netip.AddrPort{}, err
		}
		var x stun.XORMappedAddress
		if err := x.GetFrom(m); err != nil {
			return netip.AddrPort{}, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		return addrPort(x.IP, x.Port)
	}
	if v, err := m.Get(stun.AttrMappedAddress); err == nil {
		if err := addressLength(v); err != nil {
			return netip.AddrPort{}, err
		}
		var x stun.MappedAddress
		if err := x.GetFrom(m); err != nil {
			return netip.AddrPort{}, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		return addrPort(x.IP, x.Port)
	}
	return netip.AddrPort{}, fmt.Errorf("%w: a success without an address", ErrMalformed)
}

// other reads OTHER-ADDRESS (RFC 5780, section 7.4), or what it was called before.
func other(m *stun.Message) netip.AddrPort {
	for _, name := range []stun.AttrType{stun.AttrOtherAddress, stun.AttrChangedAddress} {
		v, err := m.Get(name)
		if err != nil || addressLength(v) != nil {
			continue
		}
		var x stun.MappedAddress
		if err := x.GetFromAs(m, name); err != nil {
			continue
		}
		if at, err := addrPort(x.IP, x.Port); err == nil && !at.Addr().IsMulticast() {
			return at
		}
	}
	return netip.AddrPort{}
}

// addressLength guards GetFrom, which panics on a short value
// (GHSA-34rh-wp3j-6cxc): 4 bytes, then an address of the family's size.
func addressLength(v []byte) error {
	const v4, v6 = 8, 20
	switch {
	case len(v) == v4 && v[1] == 1, len(v) == v6 && v[1] == 2:
		return nil
	}
	return fmt.Errorf("%w: an address attribute of %d bytes", ErrMalformed, len(v))
}

func addrPort(ip []byte, port int) (netip.AddrPort, error) {
	a, ok := netip.AddrFromSlice(ip)
	if !ok || port <= 0 || port > 65535 || a.Unmap().IsUnspecified() {
		return netip.AddrPort{}, fmt.Errorf("%w: an address that nobody can have", ErrMalformed)
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(port)), nil
}

func refusal(m *stun.Message) error {
	v, err := m.Get(stun.AttrErrorCode)
	if err != nil || len(v) < 4 {
		return fmt.Errorf("%w without saying why", ErrRefused)
	}
	return fmt.Errorf("%w: %d %q", ErrRefused, int(v[2]&7)*100+int(v[3]), v[4:])
}
