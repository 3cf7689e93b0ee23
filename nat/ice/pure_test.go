package ice

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// at is a moment of a test that has no clock.
func at(d time.Duration) time.Time { return time.Unix(1000, 0).Add(d) }

const ms = time.Millisecond

// play offers all of names every tick, in order of priority, until end, and returns what went
// out when. hear and answer say at which time a request or an answer came.
func play(names string, end time.Duration, hear, answer map[time.Duration]byte) (out []string) {
	var p pacer
	ways := map[byte]way{}
	for i := range len(names) {
		ways[names[i]] = way{&base{}, ap(fmt.Sprintf("192.0.2.%d:9", i+1))}
	}
	gone := map[byte]bool{}
	for t := time.Duration(0); t <= end; t += 5 * ms {
		if n, ok := hear[t]; ok {
			p.hear(ways[n])
		}
		if n, ok := answer[t]; ok {
			p.drop(check{way: ways[n]})
			gone[n] = true
		}
		if t%tick == 0 {
			for i := range len(names) {
				if n := names[i]; !gone[n] {
					p.offer(at(t), check{way: ways[n]}, uint64(100-i), []byte{n})
				}
			}
		}
		if _, raw, ok := p.next(at(t)); ok {
			out = append(out, fmt.Sprintf("%s%d", raw, t/ms))
			if _, _, more := p.next(at(t)); more {
				out = append(out, "two at once")
			}
		}
	}
	return out
}

func TestPacer(t *testing.T) {
	for _, c := range []struct {
		name, pairs  string
		end          time.Duration
		hear, answer map[time.Duration]byte
		want         []string
	}{
		{"one pair, at growing intervals", "a", 1300 * ms, nil, nil, []string{"a0", "a60", "a160", "a360", "a760", "a1260"}},
		{"the best first, each once before any again", "abc", 110 * ms, nil, nil, []string{"a0", "b20", "c40", "a60", "b80", "c100"}},
		{"the way is open: at once", "ab", 250 * ms, map[time.Duration]byte{200 * ms: 'a'}, nil, []string{"a0", "b20", "a60", "b80", "a160", "b180", "a200"}},
		{"answered: no more", "ab", 200 * ms, nil, map[time.Duration]byte{30 * ms: 'a'}, []string{"a0", "b20", "b80", "b180"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := play(c.pairs, c.end, c.hear, c.answer); !slices.Equal(got, c.want) {
				t.Errorf("sent %v; want %v", got, c.want)
			}
		})
	}
}

// TestPacerEnds: what isn't offered any more isn't sent any more, and nobody is woken for it.
func TestPacerEnds(t *testing.T) {
	var p pacer
	k := check{way: way{&base{}, ap("192.0.2.1:9")}}
	if _, ok := p.when(at(0)); ok {
		t.Error("something is due and nothing was offered")
	}
	p.offer(at(0), k, 1, []byte{1})
	if when, ok := p.when(at(0)); !ok || when != at(0) {
		t.Errorf("due at %v, %t", when, ok)
	}
	p.next(at(0))
	if when, ok := p.when(at(0)); !ok || when != at(gaps[0]) {
		t.Errorf("again at %v, %t", when, ok)
	}
	if _, _, ok := p.next(at(stale)); ok {
		t.Error("a stale check was sent")
	}
	if _, ok := p.when(at(stale)); ok {
		t.Error("a stale check is due")
	}
	for i := range 10 * maxPairs {
		p.offer(at(0), check{way: way{&base{}, ap(fmt.Sprintf("192.0.2.1:%d", i+1))}}, 1, nil)
	}
	if len(p.checks) > 2*maxPairs {
		t.Errorf("%d checks are kept", len(p.checks))
	}
}

func TestConsentSchedule(t *testing.T) {
	type step struct {
		at     time.Duration
		do     string // ask, answer, doubt
		due    bool   // before
		health health // after
	}
	for name, steps := range map[string][]step{
		"asked every 5 s on average": {{4999 * ms, "", false, fresh}, {5 * time.Second, "ask", true, fresh}, {5100 * ms, "answer", false, fresh}, {10 * time.Second, "", false, fresh}, {10100 * ms, "", true, fresh}},
		"one answer lost":            {{5 * time.Second, "ask", true, fresh}, {5499 * ms, "", false, fresh}, {5500 * ms, "ask", true, fresh}, {5600 * ms, "answer", false, fresh}, {7 * time.Second, "", false, fresh}},
		"broken": {
			{5 * time.Second, "ask", true, fresh}, {5500 * ms, "ask", true, fresh}, {6 * time.Second, "ask", true, fresh}, {6500 * ms, "ask", true, fresh},
			{6999 * ms, "", false, fresh}, {7 * time.Second, "ask", true, doubted}, {7999 * ms, "", false, doubted}, {8 * time.Second, "ask", true, doubted},
			{29999 * ms, "", true, doubted}, {30 * time.Second, "", true, expired},
		},
		"broken and mended":    {{5 * time.Second, "ask", true, fresh}, {6 * time.Second, "ask", true, fresh}, {7 * time.Second, "ask", true, fresh}, {8 * time.Second, "ask", true, doubted}, {9 * time.Second, "answer", true, fresh}},
		"media stopped":        {{time.Second, "doubt", false, fresh}, {time.Second, "ask", true, fresh}, {1200 * ms, "doubt", false, fresh}, {1499 * ms, "", false, fresh}, {1500 * ms, "ask", true, fresh}, {2 * time.Second, "ask", true, fresh}, {2500 * ms, "ask", true, fresh}, {3 * time.Second, "", true, doubted}},
		"doubt that was empty": {{time.Second, "doubt", false, fresh}, {time.Second, "ask", true, fresh}, {1100 * ms, "answer", false, fresh}, {6 * time.Second, "", false, fresh}},
	} {
		t.Run(name, func(t *testing.T) {
			var c consent
			c.begin(at(0), 0.5)
			for _, s := range steps {
				now := at(s.at)
				if got := c.due(now); got != s.due {
					t.Errorf("at %v due %t", s.at, got)
				}
				switch s.do {
				case "ask":
					c.ask(now)
				case "answer":
					c.begin(now, 0.5)
				case "doubt":
					c.doubt(now)
				}
				if got := c.health(now); got != s.health {
					t.Errorf("at %v, after %q: %v", s.at, s.do, got)
				}
			}
		})
	}
	var c consent
	for _, spread := range []float64{0, 1} { // RFC 7675, section 5.1: never sooner than 4 s
		c.begin(at(0), spread)
		if c.due(at(4*time.Second-1)) || !c.due(at(6*time.Second)) {
			t.Errorf("spread %v: at %v", spread, c.next)
		}
	}
}

// TestOthers: which addresses get a socket (RFC 8445, section 5.1.1.1).
func TestOthers(t *testing.T) {
	own := ap("192.0.2.1:1").Addr()
	var in []string
	for _, a := range others(own, addrs("192.0.2.1", "192.0.2.2", "192.0.2.2", "::ffff:192.0.2.3", "127.0.0.1", "::1", "fe80::1%eth0", "fe80::1", "169.254.1.1", "224.0.0.1", "0.0.0.0", "2001:db8::1")) {
		in = append(in, a.String())
	}
	if want := []string{"192.0.2.2", "192.0.2.3", "2001:db8::1"}; !slices.Equal(in, want) {
		t.Errorf("got %v, want %v", in, want)
	}
}
