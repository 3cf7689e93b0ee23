package lab

import "slices"

// Environ is what makes a process use this sound server, as for a terminal.
func (r *SoundRig) Environ() []string { return slices.Clone(r.env) }
