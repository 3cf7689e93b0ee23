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
