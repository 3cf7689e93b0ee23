package sip

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// RFC 3263, section 4.3.
func TestBlacklist(t *testing.T) {
	target := func(port int) Target {
		return Target{Addr: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(port)), Host: "a.test"}
	}
	all := []Target{target(1), target(2), target(3)}
	var b Blacklist
	now := time.Now()
	order := func(at time.Duration) string {
		s := ""
		for _, t := range b.Order(all, now.Add(at)) {
			s += fmt.Sprint(t.Addr.Port())
		}
		return s
	}
	other := target(1)
	other.Host = "another.name"
	b.Avoid(other, BusyFor, now)
	b.Avoid(target(2), 10*time.Hour, now)
	for at, want := range map[time.Duration]string{0: "312", BusyFor - 1: "312", BusyFor: "132", maxAvoid: "123"} {
		if got := order(at); got != want {
			t.Errorf("after %v: %s, want %s", at, got, want)
		}
	}
	b.Forgive(target(2))
	if got := order(0); got != "231" {
		t.Errorf("after an answer: %s", got)
	}
	for i := range 10 * maxAvoided {
		b.Avoid(target(i), SilentFor, now.Add(time.Duration(i)))
	}
	if len(b.until) != maxAvoided {
		t.Errorf("%d are remembered", len(b.until))
	}
	b.Clear()
	if got := order(0); got != "123" {
		t.Errorf("cleared: %s", got)
	}
}
