package ua

import (
	"context"
	"net/netip"

	"offhook/ua/netwatch"
	"offhook/ua/sip"
)

// endpoint is what the Agent needs of a *sip.Endpoint. None of its methods blocks
// but Close.
type endpoint interface {
	LocalAddr(sip.Transport) netip.AddrPort
	Request(*sip.Request, sip.Target, sip.ResponseHandler) (sip.ClientTransaction, error)
	Cancel(sip.ClientTransaction, sip.ResponseHandler, ...sip.Header) (sip.ClientTransaction, error)
	Send(*sip.Request, sip.Target) error
	Close() error
}

// realNetwork is ua/sip itself.
type realNetwork struct{ locator *sip.Locator }

func (realNetwork) Listen(c sip.Config) (endpoint, error) {
	e, err := sip.Listen(c)
	if err != nil {
		return nil, err // not a nil *Endpoint in an interface
	}
	return e, nil
}

func (n realNetwork) Locate(ctx context.Context, u sip.URI, t sip.Transport) ([]sip.Target, error) {
	return n.locator.Locate(ctx, u, t)
}

func (realNetwork) LocalAddrFor(to netip.AddrPort) (netip.Addr, error) { return sip.LocalAddrFor(to) }

func (realNetwork) Watch(ctx context.Context, f func(netwatch.News)) { netwatch.Watch(ctx, f) }
