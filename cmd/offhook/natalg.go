package main

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/sip"
)

// algTime is how long the account's server may take to answer.
const algTime = 5 * time.Second

// algVerdict says whether a router on the way rewrites SIP (an application level gateway).
type algVerdict uint8

const (
	algUntested algVerdict = iota
	algNone
	algRewrites
	algEncrypted // nobody on the way can
)

func (v algVerdict) String() string {
	switch v {
	case algUntested:
		return "untested"
	case algNone:
		return "none"
	case algRewrites:
		return "rewrites"
	case algEncrypted:
		return "encrypted"
	}
	return "untested"
}

// algReport is the verdict, and why.
type algReport struct {
	verdict algVerdict
	why     []string
}

// checkALG asks the account's server with an OPTIONS, and compares what it says of it with what
// was sent, and with what the STUN server says.
func (a *app) checkALG(ctx context.Context, s settings, c config.Account, reports []natReport) {
	way, err := a.askServer(ctx, s, c)
	for i := range reports {
		p := &reports[i]
		switch {
		case err != nil:
			p.alg.why = []string{"the account's server couldn't be asked: " + err.Error()}
		case way.Target.Addr.Addr().Unmap().Is4() == p.Local.Addr().Is4():
			p.alg = judgeALG(way, p.Local.Addr(), p.Mapped.Addr())
		}
	}
}

// judgeALG tells what a request's way shows. local and mapped are our addresses by STUN.
//
//	something came back altered                                   it rewrites
//	STUN sees a NAT, and yet the server saw our own address       it rewrites there and back
//	else                                                          none
func judgeALG(w ua.Way, local, mapped netip.Addr) algReport {
	switch {
	case w.Target.Transport == sip.TLS || w.Target.Transport == sip.WSS:
		return algReport{algEncrypted, nil}
	case len(w.Altered) > 0:
		return algReport{algRewrites, w.Altered}
	case !w.Seen.IsValid() || !mapped.IsValid():
		return algReport{algUntested, []string{"the account's server doesn't say where it sees us"}}
	case mapped != local && w.Seen.Addr() == local && !w.Target.Addr.Addr().IsPrivate():
		return algReport{algRewrites, []string{"our requests come from " + mapped.String() + ", and yet the answers say that the server saw " + local.String() + ": something on the way changes both"}}
	}
	return algReport{algNone, nil}
}

// askServer sends the OPTIONS, by a phone that does nothing else.
func (a *app) askServer(ctx context.Context, s settings, c config.Account) (ua.Way, error) {
	c = bareAccount(c)
	c.TURN = ""
	agent, err := a.bareAgent(s, c)
	if err != nil {
		return ua.Way{}, err
	}
	events := agent.Subscribe()
	defer events.Close()
	if err := agent.Start(ctx); err != nil {
		return ua.Way{}, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		_ = agent.Close(ctx)
	}()
	target := first(c.Registrar, hostOfAOR(c.AOR))
	agent.Options(ua.OptionsRequest{Account: c.Name, Target: target, Timeout: algTime})
	for {
		e, err := events.Next(ctx)
		if err != nil {
			return ua.Way{}, err
		}
		switch e := e.(type) {
		case ua.OptionsAnswered:
			if !e.Result.Way.Target.Addr.IsValid() {
				return ua.Way{}, errors.Join(e.Result.Err)
			}
			return e.Result.Way, nil
		case ua.CommandFailed:
			return ua.Way{}, e.Err
		}
	}
}

// bareAccount is an account that can be asked about, and does nothing: it has no password, doesn't
// register, watch or publish.
func bareAccount(c config.Account) config.Account {
	bare := config.NewAccount()
	bare.Name, bare.AOR, bare.AuthUser, bare.Registrar, bare.OutboundProxy = c.Name, c.AOR, c.AuthUser, c.Registrar, c.OutboundProxy
	bare.Transport, bare.Listen, bare.WSPath, bare.Register = c.Transport, c.Listen, c.WSPath, false
	bare.TLSCA, bare.TLSCert, bare.TLSKey, bare.TLSPin, bare.TLSServerName = c.TLSCA, c.TLSCert, c.TLSKey, c.TLSPin, c.TLSServerName
	bare.STUN, bare.TURN, bare.TURNUser, bare.TURNPassword = c.STUN, c.TURN, c.TURNUser, c.TURNPassword
	bare.TURNPasswordEnv, bare.TURNPasswordFile, bare.TURNPasswordKeyring = c.TURNPasswordEnv, c.TURNPasswordFile, c.TURNPasswordKeyring
	return bare
}

// bareAgent is a phone without sound for such an account.
func (a *app) bareAgent(s settings, c config.Account) (*ua.Agent, error) {
	account, err := a.account(s, c, mediaFlags{}, nil, false)
	if err != nil {
		return nil, err
	}
	return ua.New(ua.Config{Accounts: []ua.Account{account}, Log: a.log(), UserAgent: "offhook/" + version, Nameservers: nameservers(s)})
}

// hostOfAOR is the domain of an address of record, as a URI.
func hostOfAOR(aor string) string {
	uri, err := sip.ParseURI(aor)
	if err != nil {
		return aor
	}
	uri.User, uri.Password = "", ""
	return uri.String()
}
