package bench

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"offhook/test/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

// row is a line of the table: medians of a figure for each phone.
type row struct {
	what, unit       string
	offhook, baresip []float64
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Clone(x)
	slices.Sort(s)
	return s[len(s)/2]
}

func (r row) String() string {
	cell := func(x []float64) string {
		if len(x) == 0 {
			return "-"
		}
		return fmt.Sprintf("%.1f (%.1f to %.1f)", median(x), slices.Min(x), slices.Max(x))
	}
	ratio := "-"
	if b := median(r.baresip); b > 0 {
		ratio = fmt.Sprintf("%.2f", median(r.offhook)/b)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |", r.what, r.unit, cell(r.offhook), cell(r.baresip), ratio)
}

// TestSideBySide prints the table of docs/performance.md.
func TestSideBySide(t *testing.T) {
	if os.Getenv("OFFHOOK_BENCH") == "" {
		t.Skip("a measurement, not a test: run `make bench`")
	}
	const rounds = 7
	reg := row{what: "start to registered (digest, UDP)", unit: "ms"}
	rtp := row{what: "INVITE to own first RTP, peer answers at once", unit: "ms"}
	idle := row{what: "resident memory, registered and idle", unit: "MB"}
	k := lab.StartKamailio(t, "MD5")
	for range rounds {
		for _, p := range []phone{offhook{}, baresip{}} {
			ms, mb := startToRegistered(t, k, p)
			fill(&reg, p, ms)
			fill(&idle, p, mb)
			fill(&rtp, p, inviteToRTP(t, p))
		}
	}
	rows := []row{reg, rtp}
	for _, codec := range []string{"pcmu", "opus"} {
		cpu := row{what: "CPU of one call, " + codec + ", 20 ms", unit: "% of a core"}
		fit := row{what: "calls a core has room for, " + codec, unit: "calls"}
		mem := row{what: "resident memory in a call, " + codec, unit: "MB"}
		for range 3 {
			for _, p := range []phone{offhook{}, baresip{}} {
				c, m := inCall(t, p, codec)
				fill(&cpu, p, c)
				fill(&fit, p, 100/c)
				fill(&mem, p, m)
			}
		}
		rows = append(rows, cpu, fit, mem)
	}
	screen := row{what: "start to the first full screen of the TUI", unit: "ms"}
	for range rounds {
		fill(&screen, offhook{}, firstScreen(t))
	}
	rows = append(rows, idle, screen)
	var s strings.Builder
	fmt.Fprintf(&s, "\n| figure (median, least to most) | unit | offhook | baresip | ratio |\n|---|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintln(&s, r)
	}
	fmt.Println(s.String())
}

func fill(r *row, p phone, v float64) {
	if _, ok := p.(offhook); ok {
		r.offhook = append(r.offhook, v)
	} else {
		r.baresip = append(r.baresip, v)
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
