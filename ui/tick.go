package ui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
)

const (
	meterBeat = 100 * time.Millisecond // levels, while somebody talks
	clockBeat = time.Second            // clocks and the time to the next try
)

// beat is the pace at which the screen wakes by itself, 0 for not at all.
//
//	idle: 0   ringing, retrying: 1 s   audio: 0.1 s
type beat struct {
	every time.Duration
	gen   int // ticks of an older pace are dropped
}

type tickMsg struct{ gen int }

// wanted is the pace that what is shown needs.
func (m *Model) wanted() time.Duration {
	var every time.Duration
	faster := func(d time.Duration) {
		if every == 0 || d < every {
			every = d
		}
	}
	for _, r := range m.registrations {
		if r.State == ua.RegFailed && !r.RetryAt.IsZero() {
			faster(clockBeat)
		}
	}
	for _, c := range m.calls {
		faster(clockBeat)
		if c.Info.State == call.Confirmed {
			faster(meterBeat)
		}
	}
	return every
}

// schedule starts ticking when the pace changed.
func (m *Model) schedule() tea.Cmd {
	if every := m.wanted(); every != m.beat.every {
		m.beat = beat{every, m.beat.gen + 1}
		return m.nextTick()
	}
	return nil
}

func (m *Model) nextTick() tea.Cmd {
	if m.beat.every == 0 {
		return nil
	}
	return m.pump.after(m.beat.every, tickMsg{m.beat.gen})
}

// tick reads the meters of the calls that have audio.
func (m *Model) tick(msg tickMsg) tea.Cmd {
	if msg.gen != m.beat.gen {
		return nil
	}
	for _, c := range m.calls {
		if c.Info.State != call.Confirmed {
			continue
		}
		meters := m.phone.Meters(c.Info.ID)
		c.Levels, c.Stats = meters.Levels, meters.Stats
		c.Quality.Update(meters.Stats, m.now)
	}
	return m.nextTick()
}
