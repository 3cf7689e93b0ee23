package call

// Ending is what a hang-up under way ends with; the zero End while the call is open.
func (m *Machine) Ending() End { return m.end }
