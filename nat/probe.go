package nat

import (
	"context"
	"errors"
	"net/netip"
	"sync"

	"github.com/pion/stun/v2"
)

// mapping compares what servers at different places see of one socket (RFC 5780, section 4.3).
func (s *survey) mapping(ctx context.Context, conn Conn, r Report) (Mapping, error) {
	if r.Mapped == r.Local {
		return MappingNone, nil
	}
	if !r.Other.IsValid() {
		return s.mappingByOthers(ctx, conn, r)
	}
	elsewhere := netip.AddrPortFrom(r.Other.Addr(), r.Server.Port())
	second, err := s.ask(ctx, conn, elsewhere, elsewhere)
	if err != nil {
		return MappingUnknown, err
	}
	third, err := s.ask(ctx, conn, r.Other, r.Other)
	switch {
	case err != nil:
		return MappingUnknown, err
	case second.mapped == r.Mapped && third.mapped == r.Mapped:
		return MappingEndpointIndependent, nil
	case second.mapped == third.mapped:
		return MappingAddressDependent, nil
	}
	return MappingAddressAndPortDependent, nil
}

// mappingByOthers does with servers of one address what it can: two that see the same show an
// endpoint-independent mapping, two that don't at least an address-dependent one.
func (s *survey) mappingByOthers(ctx context.Context, conn Conn, r Report) (Mapping, error) {
	for _, server := range s.Servers {
		if server.Addr() == r.Server.Addr() {
			continue
		}
		second, err := s.ask(ctx, conn, server, server)
		switch {
		case err != nil:
			continue
		case second.mapped == r.Mapped:
			return MappingEndpointIndependent, ErrOneAddress
		}
		return MappingAddressDependent, ErrOneAddress
	}
	return MappingUnknown, ErrOneAddress
}

// filtering has the server answer from where nothing was sent to (RFC 5780, section 4.4), each
// time to a socket that has sent nothing there.
func (s *survey) filtering(ctx context.Context, server, other netip.AddrPort) (Filtering, error) {
	if !other.IsValid() {
		return FilteringUnknown, ErrOneAddress
	}
	var anybody, address error
	var work sync.WaitGroup
	work.Go(func() { anybody = s.answered(ctx, server, other, changeAddress|changePort) })
	work.Go(func() {
		address = s.answered(ctx, server, netip.AddrPortFrom(server.Addr(), other.Port()), changePort)
	})
	work.Wait()
	switch {
	case anybody == nil:
		return FilteringEndpointIndependent, nil
	case !errors.Is(anybody, ErrNoAnswer):
		return FilteringUnknown, anybody
	case address == nil:
		return FilteringAddressDependent, nil
	case !errors.Is(address, ErrNoAnswer):
		return FilteringUnknown, address
	}
	return FilteringAddressAndPortDependent, nil
}

// answered says whether an answer from elsewhere comes in.
func (s *survey) answered(ctx context.Context, server, from netip.AddrPort, change byte) error {
	conn, err := s.socket()
	if err != nil {
		return err
	}
	if _, err := s.ask(ctx, conn, server, server); err != nil {
		return err
	}
	_, err = s.ask(ctx, conn, server, from, changeRequest(change))
	return err
}

// What CHANGE-REQUEST asks for (RFC 5780, section 7.2).
const (
	changeAddress byte = 0x04
	changePort    byte = 0x02
)

func changeRequest(flags byte) stun.Setter {
	return stun.RawAttribute{Type: stun.AttrChangeRequest, Value: []byte{0, 0, 0, flags}}
}
