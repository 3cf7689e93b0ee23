package audio

import "time"

// JitterBounds is how much delay a session's jitter buffer may add: Min even when the
// network needs less, Max even when packets are lost by it. Both alike fix the delay.
// Zero means as little as the network allows, and 400 ms.
type JitterBounds struct{ Min, Max time.Duration }
