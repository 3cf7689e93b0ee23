package words

import (
	"testing"

	"offhook/nat/ice"
	"offhook/ua"
)

func TestMediaWay(t *testing.T) {
	way := func(s ua.ICEState, local, remote ice.Type) ua.ICEInfo {
		return ua.ICEInfo{State: s, Local: ice.Candidate{Type: local}, Remote: ice.Candidate{Type: remote}}
	}
	for want, i := range map[string]ua.ICEInfo{
		"":                                              {},
		"through a relay":                               way(ua.ICEUnused, ice.Relayed, ice.Host),
		"looking for a way…":                            way(ua.ICEChecking, 0, 0),
		"directly":                                      way(ua.ICEConnected, ice.Host, ice.Host),
		"directly, through NATs":                        way(ua.ICEConnected, ice.ServerReflexive, ice.PeerReflexive),
		"through our relay":                             way(ua.ICEConnected, ice.Relayed, ice.PeerReflexive),
		"through the other side's relay":                way(ua.ICEConnected, ice.Host, ice.Relayed),
		"through both sides' relays":                    way(ua.ICEConnected, ice.Relayed, ice.Relayed),
		"the other side speaks no ICE":                  way(ua.ICEUnsupported, 0, 0),
		"no way to the other side was found":            way(ua.ICEFailed, 0, 0),
		"the way is broken; looking for another…":       way(ua.ICEDisconnected, ice.Host, ice.Host),
		"through a relay; the other side speaks no ICE": way(ua.ICEUnsupported, ice.Relayed, ice.Host),
		"something on the way rewrites addresses: without ICE": way(ua.ICEMismatched, 0, 0),
	} {
		if got := MediaWay(i); got != want {
			t.Errorf("%v: %q, want %q", i.State, got, want)
		}
	}
}
