package audio

import "offhook/codec"

// heardLoss is the share of our packets that the peer's last report counts as lost.
type heardLoss struct {
	fraction float64
	known    bool
}

// prepare lets the encoder know what the peer misses.
func (s *sender) prepare(fraction float64) {
	s.loss = heardLoss{fraction, true}
	s.tellLoss()
}

// tellLoss is also for an encoder that takes another's place in the call.
func (s *sender) tellLoss() {
	if e, ok := s.enc.(codec.LossAware); ok && s.loss.known {
		e.SetLoss(s.loss.fraction)
	}
}
