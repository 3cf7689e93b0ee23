package impair

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Way is the direction of a session's packets that suffers.
type Way uint8

const (
	Both Way = iota
	In
	Out
)

func (w Way) String() string {
	switch w {
	case In:
		return "in"
	case Out:
		return "out"
	case Both:
	}
	return "both"
}

// Spec says how bad a network is. The zero value is a perfect one.
type Spec struct {
	// Loss, Duplicate, Reorder and Spike are shares of the packets, 0 to 1.
	Loss, Duplicate, Reorder, Spike float64
	// Burst is how many packets a loss takes on average, after the model of Gilbert;
	// up to 1 each packet is lost by itself.
	Burst float64
	// Delay is for each packet, Jitter is the most that is added, evenly spread.
	Delay, Jitter time.Duration
	// HoldBack is the extra delay of a reordered packet, and Stall how long a spike
	// keeps everything behind it. Zero means 30 ms and 100 ms.
	HoldBack, Stall time.Duration
	// Ordered keeps the order under jitter, as one queue would.
	Ordered bool
	Way     Way
	// Seed of the dice. The same Seed loses the same packets.
	Seed uint64
}

// Zero reports that nothing is impaired.
func (s Spec) Zero() bool {
	return s.Loss == 0 && s.Duplicate == 0 && s.Reorder == 0 && s.Spike == 0 && s.Delay == 0 && s.Jitter == 0
}

// most bounds the delays, and with them what waits in a queue.
const most = 10 * time.Second

// setting is one key of a Spec as text.
type setting struct {
	key, hint string
	set       func(*Spec, string) error
	get       func(Spec) string
}

func settings() []setting {
	share := func(key string, at func(*Spec) *float64) setting {
		return setting{key, key + "=3%",
			func(s *Spec, v string) (err error) { *at(s), err = percent(v); return err },
			func(s Spec) string {
				if v := *at(&s); v != 0 {
					return strconv.FormatFloat(v*100, 'g', 6, 64) + "%"
				}
				return ""
			}}
	}
	long := func(key string, at func(*Spec) *time.Duration) setting {
		return setting{key, key + "=40ms",
			func(s *Spec, v string) (err error) { *at(s), err = duration(v); return err },
			func(s Spec) string {
				if v := *at(&s); v != 0 {
					return v.String()
				}
				return ""
			}}
	}
	return []setting{
		share("loss", func(s *Spec) *float64 { return &s.Loss }),
		{"burst", "burst=2.5", func(s *Spec, v string) (err error) {
			if s.Burst, err = strconv.ParseFloat(v, 64); err != nil || !(s.Burst >= 1 && s.Burst <= 1000) {
				return fmt.Errorf("%q isn't a mean number of packets, 1 to 1000", v)
			}
			return nil
		}, func(s Spec) string {
			if s.Burst > 1 {
				return strconv.FormatFloat(s.Burst, 'g', 6, 64)
			}
			return ""
		}},
		long("delay", func(s *Spec) *time.Duration { return &s.Delay }),
		long("jitter", func(s *Spec) *time.Duration { return &s.Jitter }),
		share("reorder", func(s *Spec) *float64 { return &s.Reorder }),
		long("reorder-by", func(s *Spec) *time.Duration { return &s.HoldBack }),
		share("duplicate", func(s *Spec) *float64 { return &s.Duplicate }),
		share("spike", func(s *Spec) *float64 { return &s.Spike }),
		long("spike-by", func(s *Spec) *time.Duration { return &s.Stall }),
		{"order", "order=kept", func(s *Spec, v string) error {
			if v != "kept" && v != "free" {
				return fmt.Errorf("%q is neither kept nor free", v)
			}
			s.Ordered = v == "kept"
			return nil
		}, func(s Spec) string {
			if s.Ordered {
				return "kept"
			}
			return ""
		}},
		{"way", "way=in", func(s *Spec, v string) error {
			for _, w := range []Way{Both, In, Out} {
				if w.String() == v {
					s.Way = w
					return nil
				}
			}
			return fmt.Errorf("%q is none of in, out and both", v)
		}, func(s Spec) string {
			if s.Way != Both {
				return s.Way.String()
			}
			return ""
		}},
		{"seed", "seed=7", func(s *Spec, v string) (err error) {
			if s.Seed, err = strconv.ParseUint(v, 10, 64); err != nil {
				return fmt.Errorf("%q isn't a whole number", v)
			}
			return nil
		}, func(s Spec) string {
			if s.Seed != 0 {
				return strconv.FormatUint(s.Seed, 10)
			}
			return ""
		}},
	}
}

// Parse reads "loss=3%,jitter=40ms,seed=7". Each key at most once; empty text is a
// perfect network. An error names the part that is wrong, and what would be right.
func Parse(text string) (Spec, error) {
	var s Spec
	all := settings()
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		i := slices.IndexFunc(all, func(f setting) bool { return f.key == key })
		switch {
		case i < 0:
			return Spec{}, fmt.Errorf("impairment %q: %s isn't one of %s", part, strconv.Quote(key), strings.Join(Keys(), ", "))
		case !ok || value == "":
			return Spec{}, fmt.Errorf("impairment %q needs a value, such as %s", part, all[i].hint)
		case seen[key]:
			return Spec{}, fmt.Errorf("impairment %s is given twice", key)
		}
		seen[key] = true
		if err := all[i].set(&s, value); err != nil {
			return Spec{}, fmt.Errorf("impairment %s: %w; an example is %s", key, err, all[i].hint)
		}
	}
	if s.Loss < 1 && s.Burst > 1 && s.Loss > s.Burst/(1+s.Burst) {
		return Spec{}, fmt.Errorf("impairment loss=%v%% in bursts of %v can't be: between two bursts at least one packet must come through", s.Loss*100, s.Burst)
	}
	return s, nil
}

// Keys are what Parse knows.
func Keys() []string {
	var keys []string
	for _, f := range settings() {
		keys = append(keys, f.key)
	}
	return keys
}

// String is s in the form that Parse reads; empty for a perfect network.
func (s Spec) String() string {
	var parts []string
	for _, f := range settings() {
		if v := f.get(s); v != "" {
			parts = append(parts, f.key+"="+v)
		}
	}
	return strings.Join(parts, ",")
}

func percent(v string) (float64, error) {
	digits, ok := strings.CutSuffix(v, "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if !ok || err != nil || !(n >= 0 && n <= 100) {
		return 0, fmt.Errorf("%q isn't a share from 0%% to 100%%", v)
	}
	return n / 100, nil
}

func duration(v string) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 || d > most {
		return 0, fmt.Errorf("%q isn't a time from 0s to %v", v, most)
	}
	return d, nil
}
