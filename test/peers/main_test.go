package peers

import (
	"os"
	"strconv"
	"testing"

	"offhook/test/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

func itoa(n int) string { return strconv.Itoa(n) }

// awaitOK waits for a process that should get what it wants.
func awaitOK(t *testing.T, who string, p interface{ Wait() int }) {
	t.Helper()
	if code := p.Wait(); code != 0 {
		t.Errorf("%s: exit code %d", who, code)
	}
}

// answering starts a phone without an account that answers as the flags say, and gives its
// port.
func answering(t *testing.T, flags ...string) (*lab.Offhook, int) {
	t.Helper()
	port := lab.FreePort(t)
	args := append([]string{"answer", "--json", "--audio-in", "silence", "--audio-out", "null"}, flags...)
	o := lab.StartOffhook(t, append(args, lab.Direct("service", itoa(port))...)...)
	o.AwaitName(0, "listening")
	return o, port
}
