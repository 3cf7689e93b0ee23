package resolve

import (
	"bufio"
	"io"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// system is what the system's files say.
type system struct {
	conf    *dns.ClientConfig
	servers []netip.AddrPort
	present bool // there is a resolv.conf
	epoch   int  // counts the changes of resolv.conf: what was cached before is another network's
	hosts   map[string][]netip.Addr
}

// addrs are the addresses that the hosts file gives a name, nil for none.
func (s system) addrs(host string) []netip.Addr {
	return s.hosts[strings.ToLower(strings.TrimSuffix(host, "."))]
}

// systemFiles reads resolv.conf and hosts when they have changed.
type systemFiles struct {
	resolvConf, hosts string

	mu        sync.Mutex
	seenConf  stamp  // guarded by mu
	seenHosts stamp  // guarded by mu
	now       system // guarded by mu
}

// stamp tells one state of a file from another.
type stamp struct {
	mod  time.Time
	size int64
	is   bool
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{info.ModTime(), info.Size(), true}
}

func (f *systemFiles) read() system {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := stampOf(f.resolvConf); f.now.conf == nil || s != f.seenConf {
		f.now.epoch++
		f.seenConf = s
		f.now.conf, f.now.servers, f.now.present = readResolvConf(f.resolvConf)
	}
	if s := stampOf(f.hosts); f.now.hosts == nil || s != f.seenHosts {
		f.seenHosts = s
		f.now.hosts = map[string][]netip.Addr{}
		if file, err := os.Open(f.hosts); err == nil {
			f.now.hosts = readHosts(file)
			_ = file.Close()
		}
	}
	return f.now
}

// readResolvConf gives the defaults of resolv.conf(5) where there is no such file.
func readResolvConf(path string) (conf *dns.ClientConfig, servers []netip.AddrPort, present bool) {
	conf, err := dns.ClientConfigFromFile(path)
	if err != nil {
		conf = &dns.ClientConfig{Port: "53", Ndots: 1, Timeout: 5, Attempts: 2}
	}
	for _, s := range conf.Servers {
		if a, err := netip.ParseAddr(s); err == nil {
			servers = append(servers, netip.AddrPortFrom(a, 53))
		}
	}
	if len(servers) == 0 {
		servers = []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 53)}
	}
	return conf, servers, err == nil
}

// readHosts reads "address name alias # comment" lines (hosts(5)).
func readHosts(r io.Reader) map[string][]netip.Addr {
	out := map[string][]netip.Addr{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		addr, err := netip.ParseAddr(f[0])
		if err != nil {
			continue
		}
		for _, name := range f[1:] {
			name = strings.ToLower(strings.TrimSuffix(name, "."))
			out[name] = append(out[name], addr.Unmap())
		}
	}
	return out
}
