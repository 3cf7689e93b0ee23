package rtp

// Fate is what became of one packet of a stream, in the order of playout.
type Fate uint8

const (
	// Heard: it was played, as it came or recovered from what came (FEC).
	Heard Fate = iota
	// NeverCame: lost by the network, and not recovered.
	NeverCame
	// CameLate: it came, but not in time, so that the receiver discarded it.
	CameLate
)

// Gmin is how many packets heard in a row end a burst (RFC 3611, section 4.7.2).
const Gmin = 16

// Bursts tells bursts of loss from scattered losses by the model of RFC 3611, section
// 4.7.2. A burst begins and ends with a packet that wasn't heard, and holds no Gmin heard
// ones in a row; what lies between bursts is a gap, and so is a loss all alone.
//
//	. . . x . . . . . . . . . . . . . . . . x x . x . . x . . . . . . . . . . . . . . . .
//	------- gap -------------------------- |--- burst -----| ------------ gap ---------
//
// The zero value works. It belongs to one goroutine.
type Bursts struct {
	count

	// The burst that may be under way: from its first loss to its last, and how many
	// were heard since.
	length, missing uint64
	heard           uint64
	run             bool // the last packet wasn't heard
}

// count is what is certain.
type count struct {
	packets, lost, late uint64
	runs                uint64 // of packets not heard, side by side
	bursts              uint64
	burstPackets        uint64 // in bursts, heard or not
	burstMissing        uint64
}

// Add takes the fate of the next packet.
func (b *Bursts) Add(f Fate) {
	b.packets++
	switch f {
	case Heard:
		b.run = false
		b.heard++
		if b.length > 0 && b.heard >= Gmin {
			b.end()
		}
		return
	case NeverCame:
		b.lost++
	case CameLate:
		b.late++
	}
	if !b.run {
		b.run = true
		b.runs++
	}
	if b.length > 0 {
		b.length += b.heard
	}
	b.length++
	b.missing++
	b.heard = 0
}

// CameAfterAll takes one NeverCame back: the packet has come since, too late. Its place in
// the stream stays what it was, that of a packet not heard.
func (b *Bursts) CameAfterAll() {
	if b.lost > 0 {
		b.lost--
		b.late++
	}
}

// end closes what may be a burst: a single loss was none.
func (b *Bursts) end() {
	if b.missing > 1 {
		b.bursts++
		b.burstPackets += b.length
		b.burstMissing += b.missing
	}
	b.length, b.missing = 0, 0
}

// Pattern is what the losses looked like. Lengths are in packets.
type Pattern struct {
	// Packets that were due, and how many of them never came, or came too late.
	Packets, Lost, Late uint64
	// BurstDensity and GapDensity are the fractions not heard within bursts and gaps.
	BurstDensity, GapDensity float64
	// BurstLength and GapLength are the means, 0 for none.
	BurstLength, GapLength float64
	// BurstR is the mean run of losses against that of random loss as heavy (G.107,
	// section 7.2.4): 1 without loss, and for random loss.
	BurstR float64
}

// Pattern is that of the stream up to now, as if it ended here: it may be taken at any time.
func (b *Bursts) Pattern() Pattern {
	c := *b
	c.end()
	p := Pattern{Packets: c.packets, Lost: c.lost, Late: c.late, BurstR: 1}
	missing := c.lost + c.late
	gap := c.packets - c.burstPackets
	if c.burstPackets > 0 {
		p.BurstDensity = float64(c.burstMissing) / float64(c.burstPackets)
		p.BurstLength = float64(c.burstPackets) / float64(c.bursts)
	}
	if gap > 0 {
		p.GapDensity = float64(missing-c.burstMissing) / float64(gap)
		// A stream is taken to stand between heard packets: one gap more than bursts.
		p.GapLength = float64(gap) / float64(c.bursts+1)
	}
	if heard := c.packets - missing; c.runs > 0 && heard > 0 {
		run := float64(missing) / float64(c.runs)
		p.BurstR = max(1, run*float64(heard)/float64(c.packets))
	}
	return p
}

// Loss is the fraction of packets that wasn't heard.
func (p Pattern) Loss() float64 {
	if p.Packets == 0 {
		return 0
	}
	return float64(p.Lost+p.Late) / float64(p.Packets)
}

// Since is the loss between an earlier state of the same stream and this one: the packets
// due, the fraction of them not heard, and the BurstR of it. It is for a rating of the
// last seconds alone.
func (b *Bursts) Since(earlier Bursts) (packets uint64, loss, burst float64) {
	packets = b.packets - earlier.packets
	missing := b.lost + b.late - earlier.lost - earlier.late
	runs := b.runs - earlier.runs
	if packets == 0 || missing == 0 {
		return packets, 0, 1
	}
	loss = float64(missing) / float64(packets)
	// A run that began before counts as one here too.
	return packets, loss, max(1, float64(missing)/float64(max(runs, 1))*(1-loss))
}
