package ua

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"offhook/nat"
	"offhook/nat/ice"
)

// TURNServer is a relay and who we are there.
type TURNServer struct {
	// URI is that of RFC 7065: "turn:relay.example.com", "turn:192.0.2.1:3478?transport=tcp",
	// "turns:relay.example.com".
	URI      string
	Username string
	Password Secret
}

// ErrTURN is wrapped when a relay's URI can't be used.
var ErrTURN = errors.New("not the URI of a TURN server")

const (
	turnsPort = 5349 // RFC 7065, section 3.2
	// turnRecordTime bounds the wait for SRV records.
	turnRecordTime = time.Second
)

// turnAddress is a relay's URI taken apart.
type turnAddress struct {
	host      string
	port      uint16 // 0 when the URI doesn't say
	transport ice.Transport
}

// String is HOST:PORT, without a port when the URI names none.
func (a turnAddress) String() string {
	if a.port == 0 {
		return a.host
	}
	return net.JoinHostPort(a.host, strconv.Itoa(int(a.port)))
}

// ParseTURN checks a relay's URI (RFC 7065).
func ParseTURN(uri string) error {
	_, err := parseTURN(uri)
	return err
}

func parseTURN(uri string) (turnAddress, error) {
	bad := func(why string) (turnAddress, error) {
		return turnAddress{}, fmt.Errorf("%w: %q %s; write it like turn:relay.example.com:3478?transport=udp, or turns:relay.example.com", ErrTURN, uri, why)
	}
	scheme, rest, ok := strings.Cut(uri, ":")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "turn" && scheme != "turns" {
		return bad("begins neither with turn: nor with turns:")
	}
	place, query, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "?")
	if strings.Contains(place, "@") {
		// Not quoted: what stands there may be a password.
		return turnAddress{}, fmt.Errorf("%w: it names a user, who has a setting of its own: write it like turn:relay.example.com:3478", ErrTURN)
	}
	a := turnAddress{host: place}
	if i := strings.LastIndexByte(place, ':'); i >= 0 && !strings.HasSuffix(place, "]") {
		port, err := strconv.ParseUint(place[i+1:], 10, 16)
		if err != nil || port == 0 {
			return bad("has no port of 1 to 65535")
		}
		a.host, a.port = place[:i], uint16(port)
	}
	a.host = strings.TrimSuffix(strings.TrimPrefix(a.host, "["), "]")
	if a.host == "" || strings.ContainsAny(a.host, "/ ") {
		return bad("names no host")
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return bad("has parameters that can't be read")
	}
	switch t := strings.ToLower(values.Get("transport")); {
	case scheme == "turns" && (t == "" || t == "tcp"):
		a.transport = ice.TLS
	case scheme == "turn" && (t == "" || t == "udp"):
		a.transport = ice.UDP
	case scheme == "turn" && t == "tcp":
		a.transport = ice.TCP
	default:
		return bad("asks for a transport that can't be had: udp or tcp with turn, tcp with turns")
	}
	return a, nil
}

// relays finds the account's TURN servers. One that can't be found leaves the others.
func (a *Agent) relays(ctx context.Context, l *line, local netip.Addr) (out []ice.TURNServer, failed error) {
	for _, server := range l.acc.TURN {
		at, err := parseTURN(server.URI)
		if err == nil {
			var found []netip.AddrPort
			found, err = a.locateTURN(ctx, at, local)
			for _, addr := range found {
				out = append(out, ice.TURNServer{
					Addr: addr, Transport: at.transport, Username: server.Username, Password: string(server.Password), TLS: l.turnTLS(at),
				})
				break // its other addresses are the same relay
			}
		}
		failed = errors.Join(failed, err)
	}
	return out, failed
}

// locateTURN finds a relay's addresses: by SRV where the URI names no port (RFC 5928, section 3).
func (a *Agent) locateTURN(ctx context.Context, at turnAddress, local netip.Addr) ([]netip.AddrPort, error) {
	port := at.port
	if _, err := netip.ParseAddr(at.host); err != nil && port == 0 && a.names != nil {
		rctx, cancel := context.WithTimeout(ctx, turnRecordTime)
		records, _ := a.names.SRV(rctx, turnRecord(at.transport)+at.host)
		cancel()
		for _, r := range records {
			host := fmt.Sprintf("%s:%d", strings.TrimSuffix(r.Target, "."), r.Port)
			if found, err := nat.Locate(ctx, a.names, host, local); err == nil {
				return found, nil
			}
		}
	}
	if port == 0 {
		port = nat.DefaultPort
		if at.transport == ice.TLS {
			port = turnsPort
		}
	}
	found, err := nat.Locate(ctx, a.names, net.JoinHostPort(at.host, strconv.Itoa(int(port))), local)
	if err != nil {
		return nil, fmt.Errorf("find the relay %s: %w", at.host, err)
	}
	return found, nil
}

func turnRecord(t ice.Transport) string {
	switch t {
	case ice.UDP:
		return "_turn._udp."
	case ice.TCP:
		return "_turn._tcp."
	case ice.TLS:
	}
	return "_turns._tcp."
}

// turnTLS is how a relay's certificate is checked: as the account checks its servers'. A pin
// and a name of the account's are those of its SIP servers, and count for no relay.
func (l *line) turnTLS(at turnAddress) *tls.Config {
	if at.transport != ice.TLS {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: at.host, RootCAs: l.acc.TLS.Roots}
}
