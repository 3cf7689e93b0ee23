package rtp

// Cipher tells ciphertext from sound: a peer that sends SRTP where RTP was agreed would be
// heard as noise at full volume.
//
//	codec        sound                                   ciphertext
//	G.711, L16   some octets are far more frequent       all are alike: chi-square near 255
//	opus         the first octet, the table of contents  any first octet
//	             (RFC 6716, section 3.1), hardly changes
//	others       nothing is said
//
// The zero value works. It belongs to one goroutine and doesn't allocate.
type Cipher struct {
	looks  Looks
	counts [256]uint16
	total  int
	first  [4]uint64 // which first octets were seen
	seen   int
}

// Looks is what a stream's payloads look like.
type Looks uint8

const (
	// LooksUnknown: too little has come.
	LooksUnknown Looks = iota
	LooksPlain
	LooksEncrypted
)

const (
	// cipherOctets is how much is judged at once: 200 ms of G.711.
	cipherOctets = 1600
	// chiRandom bounds chi-square for random octets: 255 in the mean, with a deviation of
	// 22.6; this is six of them above. Sound has thousands, white noise too.
	chiRandom = 390
	// Of cipherPackets random first octets 12 differ but once in 10^4; a codec that
	// changes its mode with each packet uses fewer.
	cipherPackets  = 16
	cipherDistinct = 12
)

// Add takes the payload of the next packet of a codec, by its name in SDP, and tells what
// the stream looks like.
func (c *Cipher) Add(codec string, payload []byte) Looks {
	switch codec {
	case "PCMU", "PCMA", "L16":
		c.octets(payload)
	case "opus":
		c.contents(payload)
	}
	return c.looks
}

// Looks is what Add told last.
func (c *Cipher) Looks() Looks { return c.looks }

func (c *Cipher) octets(payload []byte) {
	for _, b := range payload {
		c.counts[b]++
	}
	if c.total += len(payload); c.total < cipherOctets {
		return
	}
	expected := float64(c.total) / 256
	chi := 0.0
	for _, n := range c.counts {
		d := float64(n) - expected
		chi += d * d / expected
	}
	c.judge(chi < chiRandom)
}

func (c *Cipher) contents(payload []byte) {
	if len(payload) == 0 {
		return
	}
	c.first[payload[0]>>6] |= 1 << (payload[0] & 63)
	if c.seen++; c.seen < cipherPackets {
		return
	}
	distinct := 0
	for _, w := range c.first {
		for ; w != 0; w &= w - 1 {
			distinct++
		}
	}
	c.judge(distinct >= cipherDistinct)
}

func (c *Cipher) judge(random bool) {
	looks := LooksPlain
	if random {
		looks = LooksEncrypted
	}
	*c = Cipher{looks: looks}
}
