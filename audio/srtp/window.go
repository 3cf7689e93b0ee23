package srtp

import "github.com/pion/transport/v5/replaydetector"

// window remembers which of the newest packets of a stream have come. It is pion's, and
// tells its Opener what it refused: the error for that has no exported name.
type window struct {
	of *Opener
	in detector
}

// detector is what pion's replay detector can do, without an allocation for each packet.
type detector interface {
	replaydetector.ReplayDetector
	replaydetector.CheckAccepter
}

func newWindow(o *Opener, last uint64) replaydetector.ReplayDetector {
	d := replaydetector.New(replayWindow, last)
	if in, ok := d.(detector); ok {
		return &window{of: o, in: in}
	}
	return d // what it refuses counts as broken
}

func (w *window) Check(seq uint64) (func() bool, bool) {
	accept, ok := w.in.Check(seq)
	w.of.refused = !ok
	return accept, ok
}

func (w *window) CheckSeq(seq uint64) replaydetector.Token {
	t := w.in.CheckSeq(seq)
	w.of.refused = !t.Passed()
	return t
}

func (w *window) Accept(t replaydetector.Token) bool { return w.in.Accept(t) }
