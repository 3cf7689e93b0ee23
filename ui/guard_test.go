package ui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/trace"
	"offhook/ui/theme"
	"offhook/ui/uitest"
)

// panics is a phone that fails where a screen asks it something, quoting a message.
type panics struct {
	ua.Phone
	armed bool
}

const quoted = "Authorization: Digest username=\"a\", response=\"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"\r\n"

func (p *panics) Dial(ua.DialRequest) ua.CallID {
	if p.armed {
		panic(quoted)
	}
	return 1
}

// A panic of the screen ends it: the terminal is as it was, and what is told of it, by whomever,
// has no secret.
func TestScreenFails(t *testing.T) {
	printed := capturePrinted(t)
	r, w := io.Pipe()
	var out bytes.Buffer
	done := make(chan error, 1)
	go func() {
		p := &panics{Phone: uitest.New(time.Now, nil, alice(ua.Registered)), armed: true}
		done <- Run(context.Background(), Options{Phone: p, Theme: theme.Options{Color: theme.Plain}}, tea.WithInput(r), tea.WithOutput(&out))
	}()
	if _, err := w.Write([]byte("echo")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("\r")); err != nil {
		t.Fatal(err)
	}
	err := <-done
	w.Close()
	var crash *trace.Panic
	if !errors.As(err, &crash) {
		t.Fatalf("got %v", err)
	}
	if told := err.Error() + printed() + out.String(); strings.Contains(told, "0f1e2d3c") || strings.Contains(told, "Caught panic") {
		t.Errorf("a secret was told:\n%s", told)
	}
	if !strings.Contains(err.Error(), `response="****`) || !strings.Contains(err.Error(), "(*panics).Dial") {
		t.Errorf("what is told doesn't say what or where:\n%v", err)
	}
	if i, j := strings.LastIndex(out.String(), "\x1b[?1049h"), strings.LastIndex(out.String(), "\x1b[?1049l"); i < 0 || j < i {
		t.Errorf("the alternate screen wasn't left: entered at %d, left at %d", i, j)
	}
}

// A panic in a command, however deep, or while drawing, is caught as well.
func TestGuardCatchesCommandsAndViews(t *testing.T) {
	fails := func() tea.Msg { panic(quoted) }
	fine := func() tea.Msg { return nil }
	for name, m := range map[string]tea.Model{
		"init": stub{init: fails}, "batch": stub{init: tea.Batch(fine, tea.Batch(fine, fails))}, "sequence": stub{init: tea.Sequence(fine, tea.Batch(fine, fails))},
		"view": stub{fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			printed := capturePrinted(t)
			ctx, end := context.WithCancel(context.Background())
			defer end()
			g := &guard{Model: m, end: end}
			_, err := tea.NewProgram(g, tea.WithContext(ctx), tea.WithInput(nil), tea.WithOutput(io.Discard), tea.WithoutSignalHandler()).Run()
			if err == nil {
				t.Error("it ended well")
			}
			if p := g.crashed(); p == nil || !strings.Contains(p.Value, "****") || strings.Contains(p.Error(), "0f1e2d3c") {
				t.Errorf("caught %v", p)
			}
			if text := printed(); text != "" {
				t.Errorf("printed %q", text)
			}
		})
	}
}

type stub struct {
	init  tea.Cmd
	fails bool
}

func (s stub) Init() tea.Cmd                       { return s.init }
func (s stub) Update(tea.Msg) (tea.Model, tea.Cmd) { return s, nil }
func (s stub) View() string {
	if s.fails {
		panic(quoted)
	}
	return ""
}

// capturePrinted takes the process's standard output and error for the length of a test.
func capturePrinted(t *testing.T) (printed func() string) {
	t.Helper()
	f, err := os.Create(t.TempDir() + "/printed")
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = f, f
	restore := func() { os.Stdout, os.Stderr = stdout, stderr }
	t.Cleanup(func() { restore(); f.Close() })
	return func() string {
		restore()
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
}
