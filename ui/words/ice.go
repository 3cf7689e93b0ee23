package words

import "offhook/ua"

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
