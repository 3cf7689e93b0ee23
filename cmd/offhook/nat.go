package main

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"offhook/config"
	"offhook/nat"
	"offhook/nat/ice"
	"offhook/ua/sip"
	"offhook/ua/sip/resolve"
)

// natFlags are those of the survey.
type natFlags struct {
	account  accountFlags
	stun     string
	lifetime time.Duration
	timeout  time.Duration
}

func (a *app) natCommand() *cobra.Command {
	var f natFlags
	c := &cobra.Command{
		Use:   "nat",
		Short: "Find out what kind of NAT is between us and the world",
		Long: `Ask STUN servers what kind of NAT there is (RFC 5780), and say in plain words what
that means for calls and what to set: whether one public address is good for all
peers, who gets in through it, whether UDP is blocked, which addresses a call can
offer, and whether a router on the way rewrites SIP.

The servers are those of --stun, or of the account, or the ones that the account's
domain names in the DNS, or else the relays of --turn or the account. All is known only where one of them has two addresses,
as coturn with two listening-ip has. With --lifetime it is measured how long a
silent way through the NAT stays open, which takes as long as it does.`,
		Example: `  offhook nat --stun stun.example.org
  offhook nat --account work --lifetime 2m
  offhook nat --stun stun1.example.org,stun2.example.org:3479 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkTimes(cmd); err != nil {
				return err
			}
			if f.lifetime > 0 && len(nat.Silences(f.lifetime)) == 0 {
				return failf(exitUsage, "--lifetime %v is too short: no silence of less than 5s is tried", f.lifetime)
			}
			return a.runNAT(cmd.Context(), &f)
		},
	}
	f.account.addTo(c)
	s := c.Flags()
	s.StringVar(&f.stun, "stun", "", "ask the STUN `SERVER`, HOST or HOST:PORT, or several with commas between them")
	s.DurationVar(&f.lifetime, "lifetime", 0, "measure how long a silent mapping lives, up to `TIME`")
	s.DurationVar(&f.timeout, "timeout", 0, "how long a server may take to answer at all: `TIME` (default 5s)")
	behaviour(c, "stun", "lifetime", "timeout")
	return c
}

// natRun is one survey of both address families.
type natRun struct {
	f     *natFlags
	names nat.Names
	// servers is the list to ask, or else domain the one whose DNS names them.
	servers, domain string
}

func (a *app) runNAT(ctx context.Context, f *natFlags) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	s, err := a.settings()
	if err != nil {
		return err
	}
	accounts, err := f.account.choose(s)
	if err != nil {
		return err
	}
	r := &natRun{f: f, names: resolve.New(resolve.Config{Nameservers: nameservers(s)})}
	var account *config.Account
	switch {
	case len(accounts) > 0:
		account = &accounts[0]
	case f.account.set.Changed("turn"): // a relay needs no account to be asked
		c := config.NewAccount()
		c.Name, c.AOR, c.Register = directName, "sip:offhook@localhost", false
		if err := f.account.override(&c); err != nil {
			return err
		}
		accounts = []config.Account{c}
	}
	relays := ""
	if len(accounts) > 0 {
		relays = stunOfRelays(accounts[0].TURN)
	}
	if err := r.choose(account, relays); err != nil {
		return err
	}
	reports, err := r.survey(ctx, a)
	if err != nil {
		return err
	}
	if account != nil {
		a.checkALG(ctx, s, *account, reports)
	}
	if len(accounts) > 0 && accounts[0].TURN != "" {
		if err := a.gatherRelayed(ctx, s, r, accounts[0], reports); err != nil {
			return f.account.blame(err)
		}
	}
	if ctx.Err() != nil {
		return ended(exitInterrupted)
	}
	for i := range reports {
		if err := a.printNAT(&reports[i]); err != nil {
			return err
		}
	}
	return natResult(reports)
}

// choose finds whom to ask: relays, which answer as STUN servers do (RFC 8656, section 3.1), where
// nobody else is named.
func (r *natRun) choose(account *config.Account, relays string) error {
	if r.f.stun != "" {
		if err := config.CheckServers(r.f.stun); err != nil {
			return failf(exitUsage, "--stun: %w", err)
		}
		r.servers = r.f.stun
		return nil
	}
	if account == nil {
		if r.servers = relays; relays != "" {
			return nil
		}
		return failf(exitUsage, "nobody to ask: name a STUN server with --stun HOST, or an account that has one")
	}
	if r.servers = account.STUN; r.servers != "" {
		return nil
	}
	uri, err := sip.ParseURI(account.AOR)
	if err != nil {
		return failf(exitConfig, "account %q: %w", account.Name, err)
	}
	if r.domain = uri.Host; net.ParseIP(strings.Trim(r.domain, "[]")) != nil {
		if r.servers = relays; relays != "" {
			return nil
		}
		return failf(exitUsage, "account %q names no STUN server, and its domain %s is an address, which has no DNS records to name one: give --stun HOST", account.Name, r.domain)
	}
	return nil
}

// stunOfRelays are the relays of a list that are reached over UDP, as STUN servers are named.
func stunOfRelays(list string) string {
	var out []string
	for _, uri := range config.TURNServers(list) {
		rest, plain := strings.CutPrefix(uri, "turn:")
		place, query, _ := strings.Cut(rest, "?")
		if plain && query != "transport=tcp" {
			out = append(out, place)
		}
	}
	return strings.Join(out, ",")
}

// locate finds the servers' addresses of one family.
func (r *natRun) locate(ctx context.Context, family netip.Addr) ([]netip.AddrPort, error) {
	if r.servers != "" {
		return nat.Locate(ctx, r.names, r.servers, family)
	}
	found := nat.Services(ctx, r.names, r.domain, family)
	if len(found) == 0 {
		return nil, failf(exitUsage, "the domain %s names no STUN server (no SRV record _stun._udp.%s): give --stun HOST", r.domain, r.domain)
	}
	return found, nil
}

// natReport is what was found of one address family.
type natReport struct {
	nat.Report
	servers []netip.AddrPort
	// err is why nothing is known; lived what --lifetime found, or livedErr why nothing.
	err      error
	measured bool
	lived    nat.Lived
	livedErr error
	alg      algReport
	hosts    []netip.Addr
	gathered []ice.Candidate // when there are relays to ask
	lack     error           // what wasn't gathered
}

// survey asks the servers of both families side by side.
func (r *natRun) survey(ctx context.Context, a *app) ([]natReport, error) {
	families := []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
	var reports []natReport
	var first error
	for _, family := range families {
		servers, err := r.locate(ctx, family)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		reports = append(reports, natReport{servers: servers, hosts: hostAddrs(family.Is4())})
	}
	if len(reports) == 0 {
		var known *exitError
		if errors.As(first, &known) {
			return nil, first
		}
		return nil, fail(exitTransport, first)
	}
	if r.f.lifetime > 0 {
		a.note("measuring how long a silent mapping lives, for up to %v …", r.f.lifetime)
	}
	var work sync.WaitGroup
	for i := range reports {
		p := &reports[i]
		work.Go(func() {
			p.Report, p.err = nat.Survey(ctx, nat.Config{Servers: p.servers, Timeout: r.f.timeout})
			if p.err == nil && r.f.lifetime > 0 {
				p.measured = true
				p.lived, p.livedErr = nat.Lifetime(ctx, nat.Config{Servers: []netip.AddrPort{p.Server}, Timeout: r.f.timeout}, nat.Silences(r.f.lifetime))
			}
		})
	}
	work.Wait()
	// A machine without IPv6 isn't worth a report of its own.
	if some := slices.DeleteFunc(slices.Clone(reports), func(p natReport) bool { return p.err != nil && !p.Local.IsValid() }); len(some) > 0 {
		reports = some
	}
	return reports, nil
}

// hostAddrs are this machine's addresses that a call can offer.
func hostAddrs(four bool) []netip.Addr {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		if at := prefix.Addr().Unmap(); at.Is4() == four && !at.IsLoopback() && !at.IsLinkLocalUnicast() {
			out = append(out, at)
		}
	}
	return out
}

// gatherRelayed finds the candidates of an account with relays, as a call of it would.
func (a *app) gatherRelayed(ctx context.Context, s settings, r *natRun, c config.Account, reports []natReport) error {
	c = bareAccount(c)
	if c.STUN == "" || r.f.stun != "" {
		c.STUN = r.servers
	}
	agent, err := a.bareAgent(s, c)
	if err != nil {
		return err
	}
	for i := range reports {
		if p := &reports[i]; p.Local.IsValid() {
			p.gathered, p.lack = agent.Candidates(ctx, c.Name, p.Local.Addr())
		}
	}
	return nil
}

// natResult is the exit code: what was found out is a success, whatever it is.
func natResult(reports []natReport) error {
	for _, p := range reports {
		if p.UDP || p.TCP {
			return nil
		}
	}
	err := reports[0].err
	if errors.Is(err, nat.ErrNoAnswer) {
		return failf(exitTimeout, "%w; TCP isn't answered either", err)
	}
	return fail(exitTransport, err)
}
