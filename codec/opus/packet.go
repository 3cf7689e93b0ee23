package opus

// first returns the first frame of a packet, and whether the packet's framing
// is sound as far as that frame (RFC 6716, section 3.2). The frame may be empty:
// that is how DTX looks.
//
//	 0 1 2 3 4 5 6 7
//	+-+-+-+-+-+-+-+-+
//	| config  |s| c |   c: 0 one frame, 1 two equal, 2 two, 3 any number
//	+-+-+-+-+-+-+-+-+
func first(packet []byte) (frame []byte, ok bool) {
	if len(packet) == 0 {
		return nil, false
	}
	rest := packet[1:]
	switch packet[0] & 3 {
	case 0:
		return rest, true
	case 1:
		return rest[:len(rest)/2], len(rest)%2 == 0
	case 2:
		n, head := size(rest)
		if head == 0 || head+n > len(rest) {
			return nil, false
		}
		return rest[head : head+n], true
	default:
		return firstOfMany(rest)
	}
}

// firstOfMany handles code 3: a count byte, padding, and for VBR a length for
// each frame but the last (RFC 6716, section 3.2.5).
func firstOfMany(rest []byte) (frame []byte, ok bool) {
	if len(rest) == 0 {
		return nil, false
	}
	count, vbr, padded := int(rest[0]&0x3f), rest[0]&0x80 != 0, rest[0]&0x40 != 0
	rest = rest[1:]
	if count == 0 {
		return nil, false
	}
	for pad := 0; padded; {
		if len(rest) == 0 {
			return nil, false
		}
		n := int(rest[0])
		rest = rest[1:]
		if n < 255 {
			pad += n
			if pad > len(rest) {
				return nil, false
			}
			rest = rest[:len(rest)-pad]
			break
		}
		pad += 254 // 255 means 254 bytes, and another length byte follows
	}
	if !vbr {
		n := len(rest) / count
		return rest[:n], n*count == len(rest)
	}
	n := len(rest) // of the first frame; the only one has no length
	for i := range count - 1 {
		k, head := size(rest)
		if head == 0 {
			return nil, false
		}
		rest = rest[head:]
		if i == 0 {
			n = k
		}
	}
	if count == 1 {
		n = len(rest)
	}
	if n > len(rest) {
		return nil, false
	}
	return rest[:n], true
}

// size reads a frame length of one or two bytes (RFC 6716, section 3.2.1). head
// is how many bytes it took, 0 if there were too few.
func size(b []byte) (n, head int) {
	switch {
	case len(b) == 0:
		return 0, 0
	case b[0] < 252:
		return int(b[0]), 1
	case len(b) == 1:
		return 0, 0
	default:
		return 4*int(b[1]) + int(b[0]), 2
	}
}

// hasFEC reports whether a packet carries a copy of the frame before it: the
// LBRR flag of its first SILK frame (RFC 6716, section 4.2.3). The flags are
// coded with even odds, so they are plain bits at the start of the frame: one
// VAD flag for each 20 ms, then LBRR, and the same again for the side channel.
func hasFEC(packet []byte) bool {
	frame, ok := first(packet)
	if !ok || len(frame) == 0 || packet[0]&0x80 != 0 { // configurations from 16 are CELT: no LBRR
		return false
	}
	n := vadFlags(packet[0] >> 3)
	lbrr := frame[0]>>(7-n)&1 != 0
	if packet[0]&4 != 0 { // stereo
		lbrr = lbrr || frame[0]>>(6-2*n)&1 != 0
	}
	return lbrr
}

// vadFlags is how many 20 ms there are in a frame of a SILK or hybrid
// configuration (RFC 6716, table 2).
func vadFlags(config byte) int {
	if config < 12 { // SILK: 10, 20, 40, 60 ms
		return [4]int{1, 1, 2, 3}[config&3]
	}
	return 1 // hybrid: 10, 20 ms
}

// copied is how many samples the copy in a packet that hasFEC is of: as many as the
// packet's own first frame (RFC 6716, section 4.2.5).
func copied(packet []byte) int {
	config := packet[0] >> 3
	if config < 12 {
		return [4]int{1, 2, 4, 6}[config&3] * rate / 100
	}
	return [2]int{1, 2}[config&1] * rate / 100
}
