package lab

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// DNS is a nameserver for the namespace, over UDP and TCP.
type DNS struct {
	// Addr is for --nameserver.
	Addr string

	mu    sync.Mutex
	rrs   map[string][]dns.RR // "name. TYPE"
	asked []string            // guarded by mu
}

// StartDNS serves records in the form of a zone file, a line each. Names that it hasn't don't exist.
func StartDNS(t testing.TB, zone string) *DNS {
	t.Helper()
	Need(t)
	d := &DNS{Addr: fmt.Sprintf("%s:%d", IP, FreePort(t)), rrs: map[string][]dns.RR{}}
	for _, line := range strings.Split(zone, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		rr, err := dns.NewRR(strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		key := strings.ToLower(rr.Header().Name) + " " + dns.TypeToString[rr.Header().Rrtype]
		d.rrs[key] = append(d.rrs[key], rr)
	}
	pc, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(d.Addr)))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", d.Addr)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: d}, {Listener: l, Handler: d}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		running.Go(func() { _ = s.ActivateAndServe() })
		<-started
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return d
}

// ServeDNS implements dns.Handler.
func (d *DNS) ServeDNS(w dns.ResponseWriter, m *dns.Msg) {
	r := new(dns.Msg)
	r.SetReply(m)
	name, kind := strings.ToLower(m.Question[0].Name), dns.TypeToString[m.Question[0].Qtype]
	d.mu.Lock()
	d.asked = append(d.asked, kind+" "+strings.TrimSuffix(name, "."))
	d.mu.Unlock()
	r.Answer = d.rrs[name+" "+kind]
	if r.Answer == nil {
		r.Rcode = dns.RcodeNameError
	}
	_ = w.WriteMsg(r)
}

// Asked lists the questions so far: "SRV _sip._udp.example.test".
func (d *DNS) Asked() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.asked...)
}

// StartKamailioFor starts one that takes requests for a domain, as well as for its address.
func StartKamailioFor(t testing.TB, domain string) *Kamailio {
	t.Helper()
	const mark = "auto_aliases=no\n"
	if strings.Count(kamailioCfg, mark) != 1 {
		t.Fatalf("kamailio.cfg.in has no single %q any more", mark)
	}
	return startKamailio(t, strings.Replace(kamailioCfg, mark, mark+"alias=\""+domain+"\"\n", 1), "MD5")
}
