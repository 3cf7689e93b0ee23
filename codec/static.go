package codec

// Static is what an audio payload type means without an rtpmap (RFC 3551, table
// 4). It also names formats for which there is no codec here, so that an offer
// can be shown and traced.
func Static(pt uint8) (name string, clock, channels int, ok bool) {
	switch pt {
	case 0:
		return "PCMU", 8000, 1, true
	case 3:
		return "GSM", 8000, 1, true
	case 4:
		return "G723", 8000, 1, true
	case 5:
		return "DVI4", 8000, 1, true
	case 6:
		return "DVI4", 16000, 1, true
	case 7:
		return "LPC", 8000, 1, true
	case 8:
		return "PCMA", 8000, 1, true
	case 9: // sampled at 16000; the clock is a historical mistake (section 4.5.2)
		return "G722", 8000, 1, true
	case 10:
		return "L16", 44100, 2, true
	case 11:
		return "L16", 44100, 1, true
	case 12:
		return "QCELP", 8000, 1, true
	case 13:
		return "CN", 8000, 1, true
	case 14:
		return "MPA", 90000, 1, true
	case 15:
		return "G728", 8000, 1, true
	case 16:
		return "DVI4", 11025, 1, true
	case 17:
		return "DVI4", 22050, 1, true
	case 18:
		return "G729", 8000, 1, true
	}
	return "", 0, 0, false
}
