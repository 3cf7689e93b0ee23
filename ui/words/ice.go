package words

import (
	"fmt"
	"net/netip"
	"strings"

	"offhook/ua"
)

// MediaWay says how a call's audio gets to the other side; empty for the plain way, by the addresses
// in the description.
func MediaWay(i ua.ICEInfo) string {
	switch i.State {
	case ua.ICEUnused:
		if i.Relayed() {
			return "through a relay"
		}
	case ua.ICEGathered, ua.ICEChecking:
		return "looking for a way…"
	case ua.ICEConnected:
		return pair(i)
	case ua.ICEDisconnected:
		return "the way is broken; looking for another…"
	case ua.ICEFailed:
		return "no way to the other side was found"
	case ua.ICEUnsupported:
		if i.Relayed() {
			return "through a relay; the other side speaks no ICE"
		}
		return "the other side speaks no ICE"
	case ua.ICEMismatched:
		return "something on the way rewrites addresses: without ICE"
	}
	return ""
}

func pair(i ua.ICEInfo) string {
	switch {
	case i.Relayed() && i.PeerRelayed():
		return "through both sides' relays"
	case i.Relayed():
		return "through our relay"
	case i.PeerRelayed():
		return "through the other side's relay"
	case i.Direct():
		return "directly"
	}
	return "directly, through NATs"
}

// WayWord is MediaWay where there is little room: what a call's own line says. What the peer
// can't do is left to the details.
func WayWord(i ua.ICEInfo, brief bool) string {
	long, short := "", ""
	switch i.State {
	case ua.ICEUnused, ua.ICEUnsupported, ua.ICEMismatched:
		if i.Relayed() {
			long, short = "through a relay", "relayed"
		}
	case ua.ICEGathered, ua.ICEChecking:
		long, short = "looking for a way…", "finding a way…"
	case ua.ICEConnected:
		long = pair(i)
		switch {
		case i.Relayed(), i.PeerRelayed():
			short = "relayed"
		case i.Direct():
			short = "direct"
		default:
			short = "by NAT"
		}
	case ua.ICEDisconnected:
		long, short = "the way is broken; looking for another…", "way broken, reconnecting…"
	case ua.ICEFailed:
		long, short = "no way to the other side was found", "no way found"
	}
	if brief {
		return short
	}
	return long
}

// WayBroken says that sound doesn't get through, or may not.
func WayBroken(i ua.ICEInfo) bool { return i.State == ua.ICEDisconnected || i.State == ua.ICEFailed }

// WayFacts are by which way a call's sound goes, and what is wrong with it.
func WayFacts(i ua.ICEInfo) []Fact {
	var out []Fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, Fact{name, value})
		}
	}
	add("way", MediaWay(i))
	if i.Local.Addr.IsValid() && i.Remote.Addr.IsValid() {
		pair := End(i.Local.Type, i.Local.Addr) + " – " + End(i.Remote.Type, i.Remote.Addr)
		if i.RTT > 0 {
			pair += ", there and back in " + Millis(i.RTT)
		}
		add("by", pair)
	} else if i.Local.Addr.IsValid() && i.Local.Type.String() != "host" {
		add("by", End(i.Local.Type, i.Local.Addr))
	}
	if i.Err != nil {
		add("trouble", OneLine(i.Err))
	}
	return out
}

// SearchFacts are how that way was found.
func SearchFacts(i ua.ICEInfo) []Fact {
	var out []Fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, Fact{name, value})
		}
	}
	if i.Restarts > 0 {
		add("looked anew", Times(i.Restarts))
	}
	if n := len(i.Candidates); n > 0 {
		all := make([]string, n)
		for k, c := range i.Candidates {
			all[k] = End(c.Type, c.Addr)
		}
		add("we offered", strings.Join(all, ", "))
	}
	if i.PeerLite {
		add("their ICE", "lite: it answers checks and makes none")
	}
	return out
}

// End is one end of a way in words: an address, and whose it is when it isn't the phone's own
// (RFC 8839, section 5.1).
func End(kind fmt.Stringer, addr netip.AddrPort) string {
	switch kind.String() {
	case "relay":
		return "relay " + addr.String()
	case "srflx", "prflx":
		return "NAT " + addr.String()
	}
	return addr.String()
}

// OneLine is an error that may be several, as one sentence.
func OneLine(err error) string { return strings.Join(strings.Split(err.Error(), "\n"), "; ") }

// Times counts.
func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// WayTold says in a sentence that the way of a call's sound has changed, and how much that
// matters; empty for what is no news.
func WayTold(who string, was, now ua.ICEInfo) (text string, trouble bool) {
	why := ""
	if now.Err != nil {
		why = ": " + OneLine(now.Err)
	}
	switch now.State {
	case ua.ICEDisconnected:
		return "The way to " + who + " is broken" + why + "; looking for another", true
	case ua.ICEFailed:
		return "No way to " + who + " was found" + why, true
	case ua.ICEMismatched:
		return "Something on the way to " + who + " rewrites addresses (an ALG, or a proxy): ICE is left out. Sound may not get through", true
	case ua.ICEConnected:
		if was.State == ua.ICEConnected && pair(was) == pair(now) {
			return "", false
		}
		if WayBroken(was) {
			return "The sound with " + who + " is back: it goes " + pair(now), false
		}
		return "The sound with " + who + " goes " + pair(now), false
	case ua.ICEUnused, ua.ICEUnsupported:
		if now.Relayed() && !was.Relayed() {
			return "The sound with " + who + " goes through the relay at " + now.Local.Addr.String(), false
		}
	case ua.ICEGathered, ua.ICEChecking:
	}
	return "", false
}
