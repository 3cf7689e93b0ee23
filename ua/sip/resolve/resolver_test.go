package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// zone is a nameserver in memory: records by name and type, and what was asked.
type zone struct {
	mu    sync.Mutex
	rrs   map[string][]dns.RR // "name. TYPE"
	asked []string
	dead  map[string]bool // servers that don't answer
	rcode map[string]int  // servers that refuse
	noOpt bool            // a server from before EDNS0
}

func newZone(t testing.TB, records string) *zone {
	t.Helper()
	z := &zone{rrs: map[string][]dns.RR{}, dead: map[string]bool{}, rcode: map[string]int{}}
	for _, line := range strings.Split(strings.TrimSpace(records), "\n") {
		rr, err := dns.NewRR(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		key := rr.Header().Name + " " + dns.TypeToString[rr.Header().Rrtype]
		z.rrs[key] = append(z.rrs[key], rr)
	}
	return z
}

func (z *zone) exchange(ctx context.Context, network string, server netip.AddrPort, m *dns.Msg) (*dns.Msg, error) {
	z.mu.Lock()
	q := m.Question[0]
	z.asked = append(z.asked, fmt.Sprintf("%s %s %s", server.Addr(), strings.ToLower(q.Name), dns.TypeToString[q.Qtype]))
	dead := z.dead[server.Addr().String()]
	z.mu.Unlock()
	if dead {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	r := new(dns.Msg)
	r.SetReply(m)
	if code := z.rcode[server.Addr().String()]; code != 0 {
		r.Rcode = code
		return r, nil
	}
	if z.noOpt && m.IsEdns0() != nil {
		r.Rcode = dns.RcodeFormatError
		return r, nil
	}
	name := strings.ToLower(q.Name)
	for range 4 {
		r.Answer = append(r.Answer, z.rrs[name+" "+dns.TypeToString[q.Qtype]]...)
		alias := z.rrs[name+" CNAME"]
		if alias == nil {
			break
		}
		r.Answer = append(r.Answer, alias...)
		name = alias[0].(*dns.CNAME).Target
	}
	if len(r.Answer) == 0 {
		r.Ns = z.rrs["test. SOA"]
		r.Rcode = dns.RcodeNameError
		for key := range z.rrs {
			if strings.HasPrefix(key, name+" ") {
				r.Rcode = dns.RcodeSuccess
			}
		}
	}
	return r, nil
}

// questions gives what was asked since the last call, sorted: A and AAAA go side by side.
func (z *zone) questions() string {
	z.mu.Lock()
	defer z.mu.Unlock()
	out := z.asked
	z.asked = nil
	slices.Sort(out)
	return strings.Join(out, ", ")
}

const records = `
	test. 60 IN SOA ns.test. admin.test. 1 60 60 60 30
	a.test. 100 IN A 192.0.2.1
	a.test. 100 IN AAAA 2001:db8::1
	b.test. 100 IN A 192.0.2.2
	www.test. 50 IN CNAME b.test.
	loop.test. 50 IN CNAME loop.test.
	_sip._udp.a.test. 100 IN SRV 10 20 5060 b.test.
	a.test. 100 IN NAPTR 50 60 "S" "SIP+D2U" "" _sip._udp.a.test.
	pbx.corp.test. 100 IN A 192.0.2.3
	zero.test. 0 IN A 192.0.2.4`

// files writes resolv.conf and hosts.
func files(t *testing.T, conf, hosts string) (string, string) {
	t.Helper()
	dir := t.TempDir()
	c, h := filepath.Join(dir, "resolv.conf"), filepath.Join(dir, "hosts")
	for path, text := range map[string]string{c: conf, h: hosts} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c, h
}

func newTest(t *testing.T, z *zone, conf, hosts string) *Resolver {
	t.Helper()
	c, h := files(t, conf, hosts)
	return New(Config{ResolvConf: c, Hosts: h, Exchange: z.exchange})
}

func TestRecords(t *testing.T) {
	z := newZone(t, records)
	r := newTest(t, z, "nameserver 10.0.0.1", "192.0.2.99 Hosty hosty.test # by hand\nrubbish\n::1 six")
	for host, want := range map[string]string{
		"a.test": "[192.0.2.1 2001:db8::1]", "A.Test.": "[192.0.2.1 2001:db8::1]", "www.test": "[192.0.2.2]",
		"HOSTY": "[192.0.2.99]", "hosty.test.": "[192.0.2.99]", "six": "[::1]", "localhost": "[127.0.0.1 ::1]",
		"x.localhost": "[127.0.0.1 ::1]", "192.0.2.7": "[192.0.2.7]", "2001:db8::7": "[2001:db8::7]",
	} {
		got, err := r.Addrs(t.Context(), host)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v", host, got, err)
		}
	}
	srv, err := r.SRV(t.Context(), "_sip._udp.a.test")
	if err != nil || len(srv) != 1 || *srv[0] != (net.SRV{Target: "b.test.", Port: 5060, Priority: 10, Weight: 20}) {
		t.Errorf("SRV %v, %v", srv, err)
	}
	naptr, err := r.NAPTR(t.Context(), "a.test")
	if err != nil || len(naptr) != 1 || naptr[0] != (NAPTR{50, 60, "s", "SIP+D2U", "_sip._udp.a.test"}) {
		t.Errorf("NAPTR %v, %v", naptr, err)
	}
}

func TestNothing(t *testing.T) {
	z := newZone(t, records)
	r := newTest(t, z, "nameserver 10.0.0.1", "")
	for _, host := range []string{"nowhere.test", "loop.test", "a..test", strings.Repeat("x", 70) + ".test"} {
		addrs, err := r.Addrs(t.Context(), host)
		var de *net.DNSError
		if addrs != nil || err == nil || !errors.As(err, &de) {
			t.Errorf("%s: %v, %v", host, addrs, err)
		}
	}
	_, err := r.SRV(t.Context(), "_sip._tcp.a.test")
	var de *net.DNSError
	if !errors.Is(err, ErrNoName) || !errors.As(err, &de) || !de.IsNotFound {
		t.Errorf("no SRV: %v", err)
	}
}

// Answers last for their TTL, and so does their absence (RFC 2308).
func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := newZone(t, records)
		r := newTest(t, z, "nameserver 10.0.0.1", "")
		for _, step := range []struct {
			after time.Duration
			host  string
			want  string
		}{
			{0, "a.test", "10.0.0.1 a.test. A, 10.0.0.1 a.test. AAAA"},
			{99 * time.Second, "a.test", ""},
			{2 * time.Second, "a.test", "10.0.0.1 a.test. A, 10.0.0.1 a.test. AAAA"},
			{0, "nowhere.test", "10.0.0.1 nowhere.test. A, 10.0.0.1 nowhere.test. AAAA"},
			{29 * time.Second, "nowhere.test", ""},
			{2 * time.Second, "nowhere.test", "10.0.0.1 nowhere.test. A, 10.0.0.1 nowhere.test. AAAA"},
			{0, "www.test", "10.0.0.1 b.test. AAAA, 10.0.0.1 www.test. A, 10.0.0.1 www.test. AAAA"},
			{49 * time.Second, "www.test", "10.0.0.1 b.test. AAAA"}, // the alias lasts, that it leads nowhere doesn't
			{0, "zero.test", "10.0.0.1 zero.test. A, 10.0.0.1 zero.test. AAAA"},
			{0, "zero.test", "10.0.0.1 zero.test. A"},
		} {
			time.Sleep(step.after)
			_, _ = r.Addrs(t.Context(), step.host)
			if got := z.questions(); got != step.want {
				t.Errorf("%s after %v: asked %q, want %q", step.host, step.after, got, step.want)
			}
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache(3)
	now := time.Now()
	for i := range 10 {
		c.put(question{name: fmt.Sprint(i)}, answer{ttl: time.Duration(100-i) * time.Second}, now)
	}
	if len(c.entries) != 3 {
		t.Errorf("%d entries", len(c.entries))
	}
	if _, ok := c.get(question{name: "9"}, now); !ok {
		t.Error("the newest was dropped")
	}
	c.enter(1)
	if len(c.entries) != 0 {
		t.Error("another network's answers are kept")
	}
}

// A nameserver that is silent or refuses is followed by the next, and asked last for a while.
func TestServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := newZone(t, records)
		z.dead["10.0.0.1"], z.rcode["10.0.0.2"] = true, dns.RcodeServerFailure
		r := newTest(t, z, "nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\noptions timeout:2 attempts:1", "")
		start := time.Now()
		if _, err := r.NAPTR(t.Context(), "a.test"); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d != 2*time.Second {
			t.Errorf("it took %v", d)
		}
		want := "10.0.0.1 a.test. NAPTR, 10.0.0.2 a.test. NAPTR, 10.0.0.3 a.test. NAPTR"
		if got := z.questions(); got != want {
			t.Errorf("asked %q", got)
		}
		_, _ = r.SRV(t.Context(), "_sip._udp.a.test")
		if got := z.questions(); got != "10.0.0.3 _sip._udp.a.test. SRV" {
			t.Errorf("after the failures: asked %q", got)
		}
		z.dead["10.0.0.3"] = true
		_, err := r.SRV(t.Context(), "_sip._tcp.a.test")
		var de *net.DNSError
		if errors.Is(err, ErrNoName) || !errors.As(err, &de) || de.IsNotFound {
			t.Errorf("nobody answers: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.NAPTR(ctx, "b.test"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("given up: %v", err)
		}
	})
}

// By default a dead nameserver costs two seconds, once.
func TestDeadServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := newZone(t, records)
		z.dead["10.0.0.1"] = true
		r := newTest(t, z, "nameserver 10.0.0.1\nnameserver 10.0.0.2", "")
		start := time.Now()
		for _, host := range []string{"a.test", "b.test", "www.test"} {
			if _, err := r.Addrs(t.Context(), host); err != nil {
				t.Error(err)
			}
		}
		if d := time.Since(start); d != firstPatience {
			t.Errorf("it took %v", d)
		}
	})
}

// resolv.conf(5): search and ndots.
func TestSearch(t *testing.T) {
	for _, c := range []struct{ conf, host, want string }{
		{"search x.test corp.test", "pbx", "10.0.0.1 pbx.corp.test. A, 10.0.0.1 pbx.corp.test. AAAA, 10.0.0.1 pbx.x.test. A, 10.0.0.1 pbx.x.test. AAAA"},
		{"search corp.test", "b.test", "10.0.0.1 b.test. A, 10.0.0.1 b.test. AAAA"},
		{"search corp.test\noptions ndots:2", "b.test", "10.0.0.1 b.test. A, 10.0.0.1 b.test. AAAA, 10.0.0.1 b.test.corp.test. A, 10.0.0.1 b.test.corp.test. AAAA"},
		{"search corp.test", "pbx.", "10.0.0.1 pbx. A, 10.0.0.1 pbx. AAAA"},
	} {
		z := newZone(t, records)
		r := newTest(t, z, "nameserver 10.0.0.1\n"+c.conf, "")
		_, _ = r.Addrs(t.Context(), c.host)
		if got := z.questions(); got != c.want {
			t.Errorf("%s %s: asked %q, want %q", c.conf, c.host, got, c.want)
		}
	}
	z := newZone(t, records)
	r := newTest(t, z, "nameserver 10.0.0.1\nsearch corp.test", "")
	_, _ = r.SRV(t.Context(), "_sip._udp.pbx")
	_, _ = r.SRV(t.Context(), "_sip._udp.far.test")
	want := "10.0.0.1 _sip._udp.far.test. SRV, 10.0.0.1 _sip._udp.pbx. SRV, 10.0.0.1 _sip._udp.pbx.corp.test. SRV"
	if got := z.questions(); got != want {
		t.Errorf("SRV: asked %q", got)
	}
}

func TestEDNSRefused(t *testing.T) {
	z := newZone(t, records)
	z.noOpt = true
	r := newTest(t, z, "nameserver 10.0.0.1", "")
	if got, err := r.NAPTR(t.Context(), "a.test"); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

// The files are read again when they change, and then nothing old counts.
func TestFilesChange(t *testing.T) {
	z := newZone(t, records)
	conf, hosts := files(t, "nameserver 10.0.0.1", "192.0.2.9 desk")
	r := New(Config{ResolvConf: conf, Hosts: hosts, Exchange: z.exchange})
	_, _ = r.NAPTR(t.Context(), "a.test")
	if got := z.questions(); got != "10.0.0.1 a.test. NAPTR" {
		t.Errorf("asked %q", got)
	}
	if err := errors.Join(os.WriteFile(conf, []byte("nameserver 10.0.0.22"), 0o600), os.WriteFile(hosts, []byte("192.0.2.10 desk two"), 0o600)); err != nil {
		t.Fatal(err)
	}
	_, _ = r.NAPTR(t.Context(), "a.test")
	if got := z.questions(); got != "10.0.0.22 a.test. NAPTR" {
		t.Errorf("after the change: asked %q", got)
	}
	if got, err := r.Addrs(t.Context(), "desk"); err != nil || fmt.Sprint(got) != "[192.0.2.10]" {
		t.Errorf("desk: %v, %v", got, err)
	}
}

// Names in .local, and all where there is no resolv.conf, are the system's to find.
func TestSystem(t *testing.T) {
	z := newZone(t, records)
	var asked []string
	cfg := Config{ResolvConf: "/nonexistent", Hosts: "/nonexistent", Exchange: z.exchange,
		System: func(_ context.Context, host string) ([]netip.Addr, error) {
			asked = append(asked, host)
			return []netip.Addr{netip.MustParseAddr("192.0.2.77")}, nil
		}}
	r := New(cfg)
	_, _ = r.Addrs(t.Context(), "a.test")
	if _, err := r.NAPTR(t.Context(), "a.test"); !errors.Is(err, ErrNoName) {
		t.Errorf("NAPTR: %v", err)
	}
	cfg.Nameservers = []netip.AddrPort{netip.MustParseAddrPort("10.0.0.9:0")}
	r = New(cfg)
	_, _ = r.Addrs(t.Context(), "printer.local")
	_, _ = r.Addrs(t.Context(), "a.test")
	if got := strings.Join(asked, " "); got != "a.test printer.local" {
		t.Errorf("the system was asked %q", got)
	}
	if got := z.questions(); got != "10.0.0.9 a.test. A, 10.0.0.9 a.test. AAAA" {
		t.Errorf("asked %q", got)
	}
}

// Over real sockets: forged answers are left, a truncated one is asked for again by TCP, and
// a context ends the wait at once.
func TestWire(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", pc.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
		r := new(dns.Msg)
		r.SetReply(m)
		switch {
		case m.Question[0].Name == "silent.test.":
			return
		case w.RemoteAddr().Network() == "udp":
			forged := r.Copy()
			forged.Id++
			_ = w.WriteMsg(forged)
			_, _ = w.Write([]byte("rubbish"))
			r.Truncated = true
		default:
			for i := range 100 {
				r.Answer = append(r.Answer, &dns.A{Hdr: dns.RR_Header{Name: m.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(192, 0, 2, byte(i))})
			}
		}
		_ = w.WriteMsg(r)
	})
	var servers sync.WaitGroup
	defer servers.Wait()
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: handler}, {Listener: l, Handler: handler}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		servers.Go(func() { _ = s.ActivateAndServe() })
		<-started
		defer func() { _ = s.Shutdown() }()
	}
	r := New(Config{Nameservers: []netip.AddrPort{netip.MustParseAddrPort(pc.LocalAddr().String())}, ResolvConf: "/nonexistent"})
	addrs, err := r.Addrs(t.Context(), "big.test")
	if err != nil || len(addrs) != 100 {
		t.Errorf("%d addresses, %v", len(addrs), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := r.Addrs(ctx, "silent.test"); !isTimeout(err) {
		t.Errorf("given up: %v", err)
	}
}

// Whatever a nameserver sends, reading it ends, and finds only what was asked for.
func FuzzRead(f *testing.F) {
	z := newZone(f, records)
	for _, q := range []string{"a.test.", "www.test.", "nowhere.test."} {
		m := new(dns.Msg)
		m.SetQuestion(q, dns.TypeA)
		r, _ := z.exchange(context.Background(), "udp", netip.AddrPort{}, m)
		raw, err := r.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, q)
	}
	f.Fuzz(func(t *testing.T, raw []byte, name string) {
		m := new(dns.Msg)
		if m.Unpack(raw) != nil {
			return
		}
		a := read(m, name, dns.TypeA)
		if a.ttl < 0 || a.ttl > maxTTL {
			t.Fatalf("a TTL of %v", a.ttl)
		}
		for _, rr := range a.rrs {
			if rr.Header().Rrtype != dns.TypeA {
				t.Fatalf("%v isn't what was asked for", rr)
			}
		}
	})
}
