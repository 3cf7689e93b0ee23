package ui

import (
	"context"
	"errors"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"
)

// Run shows the phone until the person quits, which is nil, or ctx ends, which is
// its cause, or the screen fails. The calls and the Phone are left to the caller to close. More
// program options replace the terminal, in tests.
func Run(ctx context.Context, o Options, opts ...tea.ProgramOption) error {
	m := New(o)
	defer m.Close()
	shown, end := context.WithCancel(ctx)
	defer end()
	g := &guard{Model: m, end: end}
	opts = append([]tea.ProgramOption{
		tea.WithContext(shown),
		tea.WithAltScreen(),
		tea.WithoutSignalHandler(), // ctx is how signals arrive: cmd owns them
	}, opts...)
	_, err := tea.NewProgram(g, opts...).Run()
	crash := g.crashed()
	switch {
	case crash != nil:
		return fmt.Errorf("the screen failed, and the terminal is restored; %w", crash)
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, tea.ErrProgramPanic):
		return fmt.Errorf("the screen failed (the terminal is restored; the phone's log has details): %w", err)
	}
	return fmt.Errorf("opening the screen on this terminal: %w", err)
}
