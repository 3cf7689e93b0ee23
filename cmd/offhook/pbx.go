package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"offhook/config"
	"offhook/internal/pbx"
	"offhook/ua/sip"
)

// pbxFlags are those of `offhook pbx`.
type pbxFlags struct {
	listen   string
	domain   string
	users    string
	clip     string
	open     bool
	duration time.Duration
	codecs   []string
	// Beside UDP and TCP.
	tlsCert, tlsKey, clientCA string
	origins                   []string
	tlsPort, wsPort, wssPort  uint16
}

func (a *app) pbxCommand() *cobra.Command {
	var f pbxFlags
	var t traceFlags
	c := &cobra.Command{
		Use:   "pbx",
		Short: "Run a small exchange: a registrar with services to call",
		Long: `Run a registrar and proxy with services to call, for tests and for trying out.
Phones on this machine may call the services; users register with a password.

Services:
` + serviceList("  "),
		Example: `  offhook pbx
  offhook pbx --listen 192.0.2.1:5060 --users users.txt --open-services
  offhook pbx --tls-cert server.pem --tls-key server.key --wss-port 8443
  offhook pbx --duration 1m --sip-log - --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkTimes(cmd); err != nil {
				return err
			}
			return a.runPBX(cmd.Context(), &f, t)
		},
	}
	s := c.Flags()
	s.StringVar(&f.listen, "listen", "127.0.0.1:5060", "`ADDRESS:PORT` for UDP and TCP; port 0 takes a free one")
	s.StringVar(&f.domain, "domain", "", "`NAME` of the domain, beside the address itself (default offhook.local)")
	s.StringVar(&f.users, "users", "", "`FILE` with a line \"name:password\" for each user")
	s.StringVar(&f.clip, "clip", "", "`FILE` for the clip service, WAV, Ogg-Opus or bare samples")
	s.StringSliceVar(&f.codecs, "codecs", []string{"opus", "g722", "pcmu", "pcma"}, "`LIST` of codecs of the services, best first")
	s.BoolVar(&f.open, "open-services", false, "let other machines call the services without a password")
	s.DurationVar(&f.duration, "duration", 0, "end after `TIME`")
	s.StringVar(&f.tlsCert, "tls-cert", "", "listen on TLS too, with the certificate in the PEM `FILE`")
	s.StringVar(&f.tlsKey, "tls-key", "", "PEM `FILE` of that certificate's key")
	s.Uint16Var(&f.tlsPort, "tls-port", 0, "`PORT` for TLS, when it isn't the one after that of --listen")
	s.Uint16Var(&f.wsPort, "ws-port", 0, "listen on WebSockets at `PORT` too")
	s.Uint16Var(&f.wssPort, "wss-port", 0, "listen on secure WebSockets at `PORT` too; needs --tls-cert")
	s.StringVar(&f.clientCA, "tls-client-ca", "", "let only those connect over TLS who show a certificate of the authorities in the PEM `FILE`")
	s.StringArrayVar(&f.origins, "ws-origin", nil, "let web pages of the site `ORIGIN`, such as https://phone.example.org, open WebSockets; null is pages from files, * all; may be repeated (default: no browser gets in)")
	behaviour(c, "tls-client-ca", "ws-origin", "tls-cert", "tls-key", "tls-port", "ws-port", "wss-port", "listen", "domain", "users", "clip", "codecs", "open-services", "duration")
	t.addTo(c)
	return c
}

// serviceList describes the services, a line for each.
func serviceList(indent string) string {
	var lines []string
	width := 0
	for _, s := range pbx.Services() {
		width = max(width, len(s.Name))
	}
	for _, s := range pbx.Services() {
		lines = append(lines, fmt.Sprintf("%s%-*s %-5s %s", indent, width, s.Name, s.Number, s.Summary))
	}
	return strings.Join(lines, "\n")
}

func (a *app) runPBX(ctx context.Context, f *pbxFlags, t traceFlags) error {
	listen, err := netip.ParseAddrPort(f.listen)
	if err != nil {
		return failf(exitUsage, "--listen: %q is no numeric address and port, such as 127.0.0.1:5060", f.listen)
	}
	if err := checkDomain(f.domain); err != nil {
		return err
	}
	codecs, err := codecSet(f.codecs, config.Default().Media)
	if err != nil {
		return err
	}
	if info, err := os.Stat(f.users); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		a.warn("%s holds passwords and others can read it: chmod 600 %s", f.users, f.users)
	}
	users, err := readUsers(f.users)
	if err != nil {
		return fail(exitUsage, err)
	}
	cert, ports, err := f.secure(listen.Port())
	if err != nil {
		return err
	}
	origins, clients, err := f.guests()
	if err != nil {
		return err
	}
	// Before anything says that it runs: who reads that may interrupt at once.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	traces, err := a.openTraces(t)
	if err != nil {
		return err
	}
	exchange, err := pbx.New(pbx.Config{
		Listen: listen, Ports: ports, Certificate: cert, Domain: f.domain, Users: users, Codecs: codecs, OpenServices: f.open,
		Clip: f.clip, Origins: origins, Clients: clients, Trace: traces.sink(), Secrets: traces.secrets, Log: a.log(),
	})
	if err != nil {
		return errors.Join(fail(exitUsage, err), traces.close())
	}
	if err := exchange.Start(ctx); err != nil {
		return errors.Join(fail(exitTransport, err), exchange.Close(), traces.close())
	}
	out := a.printer()
	now := a.now()
	out.emit(now, pbxEvent{head{Time: now, Event: "listening"}, exchange.URI(), exchange.URIOver(sip.TLS), exchange.URIOver(sip.WS), exchange.URIOver(sip.WSS), len(users)},
		"exchange at %s, %s; call one of\n%s", alsoAt(exchange), count(len(users), "user"), serviceList("              "))
	if out.err != nil {
		return errors.Join(fail(exitInternal, out.err), exchange.Close(), traces.close())
	}
	err = waitEnd(signals, f.duration)
	return errors.Join(err, exchange.Close(), traces.close())
}

// alsoAt is where the exchange listens, on all that it does.
func alsoAt(exchange *pbx.PBX) string {
	at := exchange.URI()
	for _, t := range []sip.Transport{sip.TLS, sip.WS, sip.WSS} {
		if uri := exchange.URIOver(t); uri != "" {
			at += ", " + uri
		}
	}
	return at
}

// checkDomain refuses what no address could have after the @.
func checkDomain(name string) error {
	if name == "" {
		return nil
	}
	if u, err := sip.ParseURI("sip:" + name); err != nil || u.Host != name || u.Port != 0 || config.CheckServer(name) != nil {
		return failf(exitUsage, "--domain: %q is no name of a domain, such as lab.example", name)
	}
	return nil
}

// secure reads what the exchange listens on beside UDP and TCP.
func (f *pbxFlags) secure(main uint16) (*tls.Certificate, map[sip.Transport]uint16, error) {
	cert, err := readCertificate(f.tlsCert, f.tlsKey)
	if err != nil {
		return nil, nil, fail(exitUsage, err)
	}
	ports := map[sip.Transport]uint16{}
	if f.wsPort != 0 {
		ports[sip.WS] = f.wsPort
	}
	if cert == nil {
		if f.tlsPort != 0 || f.wssPort != 0 {
			return nil, nil, failf(exitUsage, "--tls-port and --wss-port need --tls-cert and --tls-key")
		}
		return nil, ports, nil
	}
	ports[sip.TLS] = f.tlsPort
	if f.tlsPort == 0 && main != 0 && main < 65535 {
		ports[sip.TLS] = main + 1
	}
	if f.wssPort != 0 {
		ports[sip.WSS] = f.wssPort
	}
	return cert, ports, nil
}

// guests reads who may connect: web pages of which sites, and whom an authority has to vouch for.
func (f *pbxFlags) guests() (origins []string, clients *x509.CertPool, err error) {
	for _, s := range f.origins {
		o, err := sip.ParseOrigin(s)
		if err != nil {
			return nil, nil, failf(exitUsage, "--ws-origin: %w", err)
		}
		origins = append(origins, o)
	}
	if f.clientCA == "" {
		return origins, nil, nil
	}
	if f.tlsCert == "" {
		return nil, nil, failf(exitUsage, "--tls-client-ca needs --tls-cert and --tls-key")
	}
	if clients, err = readRoots(f.clientCA); err != nil {
		return nil, nil, failf(exitUsage, "--tls-client-ca: %w", err)
	}
	return origins, clients, nil
}

type pbxEvent struct {
	head
	URI    string `json:"uri"`
	TLSURI string `json:"tls_uri,omitempty"`
	WSURI  string `json:"ws_uri,omitempty"`
	WSSURI string `json:"wss_uri,omitempty"`
	Users  int    `json:"users"`
}

// waitEnd waits for a signal, which is an interruption, or the end of the time.
// A second signal ends the process at once.
func waitEnd(signals chan os.Signal, d time.Duration) error {
	var end <-chan time.Time
	if d > 0 {
		end = time.After(d)
	}
	select {
	case <-signals:
		signal.Stop(signals) // the default is back: the second one ends us
		return ended(exitInterrupted)
	case <-end:
		signal.Stop(signals)
		return nil
	}
}

// readUsers reads "name:password" lines; # starts a comment line.
func readUsers(path string) (map[string]string, error) {
	users := map[string]string{}
	if path == "" {
		return users, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--users: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, password, ok := strings.Cut(line, ":")
		switch {
		case !ok || name == "" || password == "":
			return nil, fmt.Errorf("%s:%d: write \"name:password\"", path, n)
		case users[name] != "":
			return nil, fmt.Errorf("%s:%d: user %q is there already", path, n, name)
		}
		users[name] = password
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("--users: %s: %w", path, err)
	}
	return users, nil
}
