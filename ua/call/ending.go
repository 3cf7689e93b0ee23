package call

// Ending is what a hang-up under way ends with; the zero End while the call is open.
func (m *Machine) Ending() End { return m.end }

// Abandon ends a call at once whose hang-up has been under way for as long as anybody waits:
// the peer may be gone. An open call isn't touched.
type Abandon struct{}

func (Abandon) input() {}

func (m *Machine) onAbandon() {
	if m.closing != open {
		m.finish(m.end)
	}
}
