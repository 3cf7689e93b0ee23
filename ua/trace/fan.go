package trace

// Fan hands each record to several sinks, in order. A nil or empty Fan drops it.
type Fan []Sink

// Trace implements Sink.
func (f Fan) Trace(r Record) {
	for _, s := range f {
		s.Trace(r)
	}
}

// NewFan joins the sinks that are there; nil if there are none.
func NewFan(sinks ...Sink) Sink {
	var f Fan
	for _, s := range sinks {
		if s != nil {
			f = append(f, s)
		}
	}
	switch len(f) {
	case 0:
		return nil
	case 1:
		return f[0]
	}
	return f
}
