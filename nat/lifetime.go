package nat

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v2"
)

// Lived is how long a silent mapping lives.
type Lived struct {
	// AtLeast is the longest silence that a mapping outlived; zero when none did.
	AtLeast time.Duration
	// Below is the shortest silence that ended one; zero when all outlived theirs.
	Below time.Duration
}

// KeepAlive is how often to send so that a mapping stays: half of what it outlives, or of what it
// doesn't where that is all that is known; zero when nothing is.
func (l Lived) KeepAlive() time.Duration {
	if l.AtLeast == 0 {
		return l.Below / 2
	}
	return l.AtLeast / 2
}

// ErrNoResponsePort is why a server can't tell how long mappings live.
var ErrNoResponsePort = errors.New("the STUN server doesn't send answers to another port (RESPONSE-PORT of RFC 5780), which it takes to measure how long mappings live; ask another one")

// Silences are what Lifetime tries up to a limit: NATs have 30 s, 60 s, 2 or 3 minutes, most of
// them (RFC 4787, section 4.3, wants 2 minutes at least).
func Silences(limit time.Duration) []time.Duration {
	var out []time.Duration
	for _, s := range []int{5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 105, 120, 150, 180, 240, 300, 450, 600, 900} {
		if d := time.Duration(s) * time.Second; d <= limit {
			out = append(out, d)
		}
	}
	return out
}

// Lifetime measures how long a mapping lives while nothing is sent (RFC 5780, section 4.6):
// a socket for each of the silences, all at once, so that it lasts as long as the longest that a
// mapping outlives. cfg.Servers' first one is asked; it has to know RESPONSE-PORT.
//
//	X ---> server: where am I?            X: port p, outside
//	       ... silence ...
//	Y ---> server: answer to port p       it comes to X: the mapping has lived
func Lifetime(ctx context.Context, cfg Config, silences []time.Duration) (Lived, error) {
	c, err := cfg.withDefaults(ctx)
	if err != nil {
		return Lived{}, err
	}
	s := &survey{Config: c, rto: 250 * time.Millisecond}
	defer s.close()
	if lives, err := s.outlives(ctx, 0); err != nil {
		return Lived{}, err
	} else if !lives {
		return Lived{}, ErrNoResponsePort
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		mu   sync.Mutex
		out  Lived
		work sync.WaitGroup
		fail error
	)
	for _, silence := range silences {
		work.Go(func() {
			lives, err := s.outlives(ctx, silence)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				if fail == nil && !errors.Is(context.Cause(ctx), errEnough) {
					fail = err
				}
			case lives:
				out.AtLeast = max(out.AtLeast, silence)
			case out.Below == 0 || silence < out.Below:
				out.Below = silence
				cancel(errEnough) // longer ones have no chance, and shorter ones are through
			}
		})
	}
	work.Wait()
	if out.Below > 0 && out.AtLeast >= out.Below {
		// A mapping that others made longer: the shorter answer is the safe one.
		out.AtLeast = shorter(silences, out.Below)
	}
	if out != (Lived{}) {
		return out, nil
	}
	return Lived{}, fail
}

var errEnough = errors.New("the rest is known")

// shorter is the longest of the silences below one.
func shorter(silences []time.Duration, than time.Duration) time.Duration {
	var best time.Duration
	for _, s := range silences {
		if s < than {
			best = max(best, s)
		}
	}
	return best
}

// outlives says whether a new mapping outlives a silence.
func (s *survey) outlives(ctx context.Context, silence time.Duration) (bool, error) {
	server := s.Servers[0]
	x, err := s.socket()
	if err != nil {
		return false, err
	}
	found, err := s.ask(ctx, x, server, server)
	if err != nil {
		return false, err
	}
	timer := time.NewTimer(silence)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	y, err := s.socket()
	if err != nil {
		return false, err
	}
	r, err := newRequest(server, responsePort(found.mapped.Port()))
	if err != nil {
		return false, err
	}
	// What y asks x is answered. When the answer comes to y instead, the server doesn't know
	// how to do it; when it comes to nobody, the mapping is gone.
	_, err = exchange(ctx, crossing{x, y}, []*request{r}, s.short())
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, ErrNoAnswer):
		return false, nil
	case errors.Is(err, ErrRefused): // 420 Unknown Attribute, and it is sent to x, too
		return false, fmt.Errorf("%w: %w", ErrNoResponsePort, err)
	}
	return false, err
}

// crossing writes by one socket and reads from another.
type crossing struct {
	Conn
	by Conn
}

func (c crossing) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return c.by.WriteToUDPAddrPort(b, to)
}

// responsePort asks for the answer to go to another port of ours (RFC 5780, section 7.5).
func responsePort(port uint16) stun.Setter {
	return stun.RawAttribute{Type: stun.AttrResponsePort, Value: binary.BigEndian.AppendUint16(nil, port)}
}
