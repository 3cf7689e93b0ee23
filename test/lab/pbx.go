package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// PBX is `offhook pbx`: a registrar for Users, with services to call.
type PBX struct {
	*Offhook
	Port int
}

// StartPBX starts one and waits until it listens.
func StartPBX(t testing.TB, args ...string) *PBX {
	t.Helper()
	Need(t)
	var users strings.Builder
	for _, u := range Users {
		fmt.Fprintf(&users, "%s:pw-%s\n", u, u)
	}
	file := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(file, []byte(users.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &PBX{Port: FreePort(t)}
	p.Offhook = StartOffhook(t, append([]string{"pbx", "--json", "--listen", fmt.Sprintf("%s:%d", IP, p.Port), "--users", file}, args...)...)
	p.AwaitName(0, "listening")
	return p
}

// URI is sip:user@host:port, of a user or a service.
func (p *PBX) URI(user string) string { return fmt.Sprintf("sip:%s@%s:%d", user, IP, p.Port) }

// Account is the flags of a user.
func (p *PBX) Account(t testing.TB, user string) []string {
	t.Helper()
	return account(t, p.URI(user), user)
}
