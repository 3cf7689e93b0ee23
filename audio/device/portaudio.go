package device

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gordonklaus/portaudio"
)

// PortAudio is one library with one state per process, and its initialisation isn't
// safe for concurrent use; this lock says so. It guards no state of ours.
var library sync.Mutex

// useNone is what to do without a sound card.
const useNone = "start with --audio-in silence --audio-out null"

// withLibrary initialises PortAudio for f. When f fails, or always is set, it is
// terminated again; otherwise whoever closes the stream terminates it.
func withLibrary(always bool, f func() error) error {
	library.Lock()
	defer library.Unlock()
	err := portaudio.Initialize()
	if errors.Is(err, portaudio.DeviceUnavailable) { // library.c: ALSA knows of none
		return fmt.Errorf("%w: ALSA, the sound system, isn't set up (Debian: libasound2-data; see ALSA_CONFIG_PATH too); "+useNone, ErrNoDevice)
	}
	if err != nil {
		return fmt.Errorf("PortAudio can't start: %w; "+useNone, err)
	}
	err = f()
	if err != nil || always {
		portaudio.Terminate()
	}
	return err
}

// Info describes a sound device.
type Info struct {
	Name    string
	HostAPI string
	// In and Out are the most channels that can be opened; 0 when it has none.
	In, Out int
	// Rate is the default sample rate; Rates are those of the usual ones that it takes.
	Rate  int
	Rates []int
	// InDelay and OutDelay are the shortest that it says it can do.
	InDelay, OutDelay time.Duration
	// DefaultIn and DefaultOut mark the system's choices.
	DefaultIn, DefaultOut bool
}

// usualRates are those that List tries.
var usualRates = [...]int{8000, 16000, 44100, 48000, 96000}

// List describes the system's sound devices. None is no error.
func List() ([]Info, error) {
	var list []Info
	err := withLibrary(true, func() error {
		devices, err := portaudio.Devices()
		if err != nil {
			return fmt.Errorf("can't list the sound devices: %w", err)
		}
		defIn, _ := portaudio.DefaultInputDevice() // no default is no error
		defOut, _ := portaudio.DefaultOutputDevice()
		for _, d := range devices {
			i := Info{
				Name: d.Name, In: d.MaxInputChannels, Out: d.MaxOutputChannels,
				Rate:    int(d.DefaultSampleRate),
				InDelay: d.DefaultLowInputLatency, OutDelay: d.DefaultLowOutputLatency,
				DefaultIn: defIn != nil && d.Index == defIn.Index, DefaultOut: defOut != nil && d.Index == defOut.Index,
			}
			if i.In == 0 {
				i.InDelay = 0
			}
			if i.Out == 0 {
				i.OutDelay = 0
			}
			if d.HostApi != nil {
				i.HostAPI = d.HostApi.Name
			}
			for _, rate := range usualRates {
				if supports(d, rate) {
					i.Rates = append(i.Rates, rate)
				}
			}
			list = append(list, i)
		}
		return nil
	})
	return list, err
}

// supports asks the card, in either direction. Only the signature of the callback
// matters to IsFormatSupported: 16 bits, interleaved.
func supports(d *portaudio.DeviceInfo, rate int) bool {
	ask := func(p portaudio.StreamParameters) bool {
		p.SampleRate = float64(rate)
		return portaudio.IsFormatSupported(p, func([]int16) {}) == nil
	}
	if d.MaxInputChannels > 0 && ask(portaudio.StreamParameters{
		Input: portaudio.StreamDeviceParameters{Device: d, Channels: 1, Latency: d.DefaultLowInputLatency}}) {
		return true
	}
	return d.MaxOutputChannels > 0 && ask(portaudio.StreamParameters{
		Output: portaudio.StreamDeviceParameters{Device: d, Channels: 1, Latency: d.DefaultLowOutputLatency}})
}

// side is one direction of a sound card.
type side uint8

const (
	sideIn side = iota
	sideOut
)

func (s side) String() string {
	switch s {
	case sideIn:
		return "microphone"
	case sideOut:
		return "speaker"
	}
	return "device"
}

func channels(d *portaudio.DeviceInfo, s side) int {
	if s == sideIn {
		return d.MaxInputChannels
	}
	return d.MaxOutputChannels
}

// find looks up a device by name, empty for the default one. The library is held.
func find(s side, name string) (*portaudio.DeviceInfo, error) {
	devices, err := portaudio.Devices()
	if err != nil {
		return nil, fmt.Errorf("can't list the sound devices: %w", err)
	}
	var usable []*portaudio.DeviceInfo
	var names []string
	for _, d := range devices {
		if channels(d, s) > 0 {
			usable = append(usable, d)
			names = append(names, d.Name)
		}
	}
	if name == "" {
		get := portaudio.DefaultInputDevice
		if s == sideOut {
			get = portaudio.DefaultOutputDevice
		}
		if d, err := get(); err == nil && d != nil && channels(d, s) > 0 {
			return d, nil
		}
		if len(usable) == 0 {
			return nil, fmt.Errorf("%w: this system has no %s; plug one in, or "+useNone, ErrNoDevice, s)
		}
		return usable[0], nil
	}
	i, err := match(s.String(), name, names)
	if err != nil {
		return nil, err
	}
	return usable[i], nil
}

// rates are tried in this order: 48 kHz is what cards and sound servers run at
// inside, the wish saves resampling, the rest is what old cards have.
func rates(wish int, d *portaudio.DeviceInfo) []int {
	try := []int{48000}
	for _, r := range []int{wish, int(d.DefaultSampleRate), 44100, 32000, 16000, 8000} {
		dup := r <= 0
		for _, t := range try {
			dup = dup || t == r
		}
		if !dup {
			try = append(try, r)
		}
	}
	return try
}

// openSide opens one direction of d with the first of rates and the channel count it
// takes. The callback that makeCallback builds gets interleaved frames in buffers of
// period; trouble counts what the card itself ran dry or over. The library is held.
func openSide(ctx context.Context, s side, d *portaudio.DeviceInfo, rates []int, period time.Duration, trouble func(),
	makeCallback func(rate, channels, frames int) func([]int16)) (*portaudio.Stream, int, error) {
	var first error
	for _, rate := range rates {
		for ch := 1; ch <= min(2, channels(d, s)); ch++ {
			if err := ctx.Err(); err != nil {
				return nil, 0, err
			}
			frames := samples(period, rate)
			p := portaudio.StreamParameters{SampleRate: float64(rate), FramesPerBuffer: frames}
			half := portaudio.StreamDeviceParameters{Device: d, Channels: ch, Latency: period}
			if s == sideIn {
				p.Input = half
			} else {
				p.Output = half
			}
			call := makeCallback(rate, ch, frames)
			st, err := portaudio.OpenStream(p, func(pcm []int16, _ portaudio.StreamCallbackTimeInfo, flags portaudio.StreamCallbackFlags) {
				if flags&(portaudio.InputOverflow|portaudio.OutputUnderflow) != 0 {
					trouble()
				}
				call(pcm)
			})
			if err == nil {
				return st, rate, nil
			}
			if first == nil {
				first = err
			}
		}
	}
	return nil, 0, fmt.Errorf("can't open the %s %q: %w; is another program using it?", s, d.Name, first)
}

func samples(d time.Duration, rate int) int { return int(d * time.Duration(rate) / time.Second) }
