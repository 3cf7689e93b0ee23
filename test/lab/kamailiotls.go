package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// SecureKamailio is a Kamailio that listens on TLS, WS and WSS too.
type SecureKamailio struct {
	*Kamailio
	TLS, WS, WSS int // ports
}

const secureModules = `loadmodule "tls.so"
loadmodule "xhttp.so"
loadmodule "websocket.so"
modparam("tls", "config", "@DIR@/tls.cfg")
modparam("websocket", "keepalive_mechanism", 0)
`

const secureListen = `listen=tls:@IP@:@TLS@
listen=tcp:@IP@:@WS@
listen=tls:@IP@:@WSS@
enable_tls=yes
tcp_accept_no_cl=yes
`

const secureRoutes = `
event_route[xhttp:request] {
  if ($hdr(Upgrade) =~ "websocket" && $rm == "GET") { if (ws_handle_handshake()) exit; }
  xhttp_reply("404", "Not Found", "", "");
}
`

const tlsCfg = `[server:default]
method = TLSv1.2+
verify_certificate = @VERIFY@
require_certificate = @VERIFY@
private_key = @KEY@
certificate = @CERT@
ca_list = @CA@
[client:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
`

// StartSecureKamailio starts one that shows the certificate. clients says that it asks for
// certificates of its clients, made out by the same authority.
func StartSecureKamailio(t testing.TB, certs *Certs, cert Cert, clients bool) *SecureKamailio {
	t.Helper()
	Need(t, "kamailio")
	dir := t.TempDir()
	k := &SecureKamailio{TLS: FreePort(t), WS: FreePort(t), WSS: FreePort(t)}
	verify := "no"
	if clients {
		verify = "yes"
	}
	fill := strings.NewReplacer("@DIR@", dir, "@IP@", IP, "@TLS@", fmt.Sprint(k.TLS), "@WS@", fmt.Sprint(k.WS), "@WSS@", fmt.Sprint(k.WSS),
		"@VERIFY@", verify, "@KEY@", cert.Key, "@CERT@", cert.File, "@CA@", certs.CA)
	if err := os.WriteFile(filepath.Join(dir, "tls.cfg"), []byte(fill.Replace(tlsCfg)), 0o600); err != nil {
		t.Fatal(err)
	}
	const lifetime = "tcp_connection_lifetime"
	cfg := kamailioWith(t,
		lifetime, fill.Replace(secureListen)+lifetime,
		lastModule, lastModule+fill.Replace(secureModules),
	)
	k.Kamailio = startKamailio(t, cfg+secureRoutes, "MD5")
	AwaitPort(t, "tcp", k.WSS)
	return k
}

// Over is the flags of a user over one of tls, ws and wss, with the authority to believe.
func (k *SecureKamailio) Over(t testing.TB, transport, user string, certs *Certs) []string {
	t.Helper()
	port := map[string]int{"tls": k.TLS, "ws": k.WS, "wss": k.WSS}[transport]
	args := append(account(t, fmt.Sprintf("sip:%s@%s:%d", user, IP, port), user), "--transport", transport)
	if certs != nil {
		args = append(args, "--tls-ca", certs.CA)
	}
	return args
}

// At is the same kamailio with another port for a peer to register at.
func (k *SecureKamailio) At(port int) *Kamailio { return &Kamailio{Process: k.Process, Port: port} }
