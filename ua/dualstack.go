package ua

import (
	"slices"

	"offhook/ua/sip"
)

// leadable keeps the targets that this machine has a way to, and makes the socket for the
// first: a name has addresses of both IP families, a network perhaps only one (RFC 6157).
// The error is about the first target, when no other can be reached either.
func (l *line) leadable(targets []sip.Target) ([]sip.Target, error) {
	var first error
	out := make([]sip.Target, 0, len(targets))
	no := make(map[bool]bool) // families without a way
	for _, t := range targets {
		four := t.Addr.Addr().Unmap().Is4()
		if no[four] {
			continue
		}
		if !slices.ContainsFunc(out, func(o sip.Target) bool { return o.Addr.Addr().Unmap().Is4() == four }) {
			if _, err := l.endpointTo(t); err != nil {
				no[four] = true
				if first == nil {
					first = err
				}
				continue
			}
		}
		out = append(out, t)
	}
	if len(out) == 0 {
		return nil, first
	}
	return out, nil
}
