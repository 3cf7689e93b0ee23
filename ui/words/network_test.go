package words

import (
	"net/netip"
	"testing"
	"time"

	"offhook/ua"
)

func TestNetworkWords(t *testing.T) {
	moved := ua.NetworkChanged{Account: "alice", Was: netip.MustParseAddr("192.0.2.10"), Now: netip.MustParseAddr("198.51.100.4"), Calls: []ua.CallID{3}}
	if got, want := Moved(moved), "The network has changed: alice is at 198.51.100.4 now, no longer at 192.0.2.10; its call moves there"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	learnt := ua.KeepAliveLearnt{Account: "alice", AtLeast: 40 * time.Second, Below: time.Minute, Every: 20 * time.Second}
	if got, want := KeptAlive(learnt), "alice: the NAT remembers a silent way for at least 40 s, but not for 1 min; something is sent every 20 s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
