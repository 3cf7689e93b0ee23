package voice

// library is one of the two libraries' processing of one stream.
type library interface {
	far(pcm []int16)
	near(pcm []int16)
	// suppress changes the strength of the noise suppressor.
	suppress(n Noise)
	close()
}

// reach is the delays, in frames, that a library's own filter copes with: while the
// echo comes within least and most after the reference, the delay line stays as it
// is, since each move starts the filter over; else it is set so that best is left.
type reach struct{ least, most, best int }

// aligned holds the far end back, so that the library finds its echo within reach.
type aligned struct {
	lib    library
	n      int
	echo   bool
	reach  reach
	finder *delayFinder
	line   []int16 // the last maxLag frames of the far end, a ring
	at     int     // of the newest frame in line
	held   int     // frames that the far end is held back
	room   *room   // nil when the suppressor's strength is fixed
	noisy  bool    // what room said last
}

func newAligned(open func(rate int, o Options) (library, error), r reach, rate int, o Options) (Processor, error) {
	auto := o.Noise == NoiseAuto
	if auto {
		o.Noise = NoiseOff
	}
	lib, err := open(rate, o)
	if err != nil {
		return nil, err
	}
	a := &aligned{lib: lib, n: rate / framesPerSecond, echo: o.Echo != EchoOff, reach: r}
	if a.echo {
		a.finder = newDelayFinder(rate)
		a.line = make([]int16, maxLag*a.n)
	}
	if auto {
		a.room = &room{}
	}
	return a, nil
}

// Far implements Processor.
func (a *aligned) Far(pcm []int16) {
	if !a.echo || len(pcm) != a.n {
		return
	}
	a.finder.put(pcm)
	a.at = (a.at + 1) % maxLag
	copy(a.frame(0), pcm)
	a.lib.far(a.frame(a.held))
}

// frame is what came ago frames before the newest.
func (a *aligned) frame(ago int) []int16 {
	i := (a.at - ago + maxLag) % maxLag * a.n
	return a.line[i : i+a.n]
}

// Near implements Processor.
func (a *aligned) Near(pcm []int16) {
	if len(pcm) != a.n {
		return
	}
	if a.echo {
		a.finder.compare(pcm)
		if lag, known := a.finder.lag(); known {
			if left := lag - a.held; left < a.reach.least && a.held > 0 || left > a.reach.most {
				a.held = max(0, lag-a.reach.best)
			}
		}
	}
	if a.room != nil {
		if noisy := a.room.hear(pcm); noisy != a.noisy {
			a.noisy = noisy
			strength := NoiseOff
			if noisy {
				strength = NoiseModerate
			}
			a.lib.suppress(strength)
		}
	}
	a.lib.near(pcm)
}

// Close implements Processor.
func (a *aligned) Close() {
	if a.lib != nil {
		a.lib.close()
		a.lib = nil
	}
}
