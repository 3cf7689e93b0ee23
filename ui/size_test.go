package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ua/trace"
	"offhook/ui/theme"
)

// hostile are strings that a peer may send and a terminal mustn't obey.
var hostile = []string{
	"\x1b[2J\x1b[31mred\x1b]0;title\x07",
	"\x9b31mC1\x9d0;x\x9c",
	"\u009b31mC1\u009d0;x\u009c\u0090q\u009c",
	"line\r\nbreak\ttab\vand\fmore",
	"漢字かな交じり文の長い名前がここにある",
	"👩‍👩‍👧‍👦🏳️‍🌈🇩🇪👍🏽e\u0301\u0301\u0301\u0301\u0301\u0301",
	"\u202egnihsihp\u202c\u2066x\u2069\u200f",
	strings.Repeat("很长", 200),
	"\xff\xfe broken \xc3",
	"\u2028\u2029\u0085\u00a0",
	"\u0301leading mark",
	"ﷺﷺﷺ ﷽ ⸻",
	"",
}

// checkScreen is the invariant of every screen: exactly as many lines as the
// terminal has, each exactly as wide, whichever way the terminal counts, and
// nothing but style in escape sequences.
func checkScreen(t testing.TB, view string, w, h int) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) != h {
		t.Fatalf("%dx%d: %d lines\n%s", w, h, len(lines), view)
	}
	for i, l := range lines {
		if got := ansi.StringWidth(l); got != w {
			t.Fatalf("%dx%d: line %d is %d cells wide: %q\n%s", w, h, i, got, l, view)
		}
		if got := ansi.StringWidthWc(l); got != w {
			t.Fatalf("%dx%d: line %d is %d cells wide by wcwidth: %q\n%s", w, h, i, got, l, view)
		}
		for _, r := range stripStyle(l) {
			if r < ' ' || r >= 0x7f && r < 0xa0 {
				t.Fatalf("%dx%d: line %d has control %U: %q", w, h, i, r, l)
			}
		}
	}
}

// stripStyle removes SGR sequences, and nothing else that starts with ESC.
func stripStyle(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		j := i + 2
		for j < len(s) && (s[j] >= '0' && s[j] <= '9' || s[j] == ';') {
			j++
		}
		if j == len(s) || s[j] != 'm' {
			b.WriteString(s[i:])
			return b.String()
		}
		s = s[j+1:]
	}
}

// nasty fills every place where foreign text can stand.
func nasty(b *bench, bad string) {
	b.phone.Post(ua.RegistrationChanged{Meta: b.phone.Meta(), Registration: ua.Registration{
		Account: "alice", AOR: "sip:" + bad, State: ua.RegFailed, Code: 500, Reason: bad, Err: errors.New(bad), RetryAt: start.Add(time.Minute),
	}})
	c := talking(101, bad, "sip:"+bad)
	b.anyTrouble(&c, 1, bad)
	c.Account, c.SIPCallID, c.Recording, c.Codec, c.MediaErr = bad, bad, bad, bad, errors.New(bad)
	b.set(c)
	e := outgoing(102, call.Ended)
	e.RemoteName, e.RemoteURI, e.Reason, e.Code, e.Cause, e.Err = bad, bad, bad, 499, call.Rejected, errors.New(bad)
	b.set(e)
	b.phone.Post(ua.DigitReceived{Meta: b.phone.Meta(), Call: c, Digit: '\x1b'})
	b.phone.Post(ua.CommandFailed{Meta: b.phone.Meta(), Call: 101, Command: bad, Err: errors.New(bad)})
	b.drain()
	b.trace(time.Second, trace.In, "INVITE sip:"+bad+" SIP/2.0\r\nSubject: "+bad+"\r\n\r\n"+bad)
	b.trace(time.Second, trace.In, "SIP/2.0 200 "+bad+"\nCSeq: 1 "+bad+"\n")
}

func TestNoScreenOverflowsAtAnySize(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			b := s.make(t, Options{})
			for w := 1; w <= 180; w += 11 {
				for h := 1; h <= 60; h += 7 {
					b.size(w, h)
					checkScreen(t, b.View(), w, h)
				}
			}
		})
	}
}

func TestHostileTextStaysInItsPlace(t *testing.T) {
	for i, bad := range hostile {
		for _, o := range []theme.Options{{}, {ASCII: true}, {Color: theme.ColorOff}} {
			t.Run(fmt.Sprint(i, o), func(t *testing.T) {
				for j, s := range scenes {
					if o != (theme.Options{}) && (i+j)%5 != 0 || (i+j)%2 != 0 {
						continue // the themes and most scenes draw the same panes
					}
					b := s.make(t, Options{Theme: o})
					nasty(b, bad)
					b.set(incoming(103, bad, "sip:"+bad))
					for _, size := range [][2]int{{36, 10}, {40, 12}, {80, 24}, {99, 23}, {100, 24}, {120, 40}} {
						b.size(size[0], size[1])
						checkScreen(t, b.View(), size[0], size[1])
						if o.ASCII {
							for _, r := range b.View() {
								if r > 0x7e {
									t.Fatalf("%q on an ASCII screen:\n%s", r, b.View())
								}
							}
						}
					}
					if title := b.titleText(); strings.ContainsFunc(title, unicode.IsControl) {
						t.Fatalf("the window title is %q", title)
					}
				}
			})
		}
	}
}

func TestHostileTextInOverlays(t *testing.T) {
	for i, bad := range hostile {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			for _, open := range [][]string{{"k"}, {"t"}, {"i"}, {"f4"}, {"f5"}, {"ctrl+c"}, {"?"}, {"ctrl+l", "tab", "enter"}, {"ctrl+l", "tab", "home", "enter"}} {
				b := newBench(t, Options{}, alice(ua.Registered))
				nasty(b, bad)
				b.press("tab")
				b.after(time.Second)
				b.press(open...)
				for _, size := range [][2]int{{36, 10}, {40, 12}, {80, 24}, {120, 40}} {
					b.size(size[0], size[1])
					checkScreen(t, b.View(), size[0], size[1])
				}
			}
		})
	}
}

// NO_COLOR forbids colour, not the cursor: attributes stay.
func TestNoColorKeepsAttributes(t *testing.T) {
	for _, s := range scenes {
		b := s.make(t, Options{Theme: theme.Options{Color: theme.ColorOff, Background: theme.Dark}})
		v := b.View()
		for _, seq := range strings.Split(v, "\x1b[")[1:] {
			params, _, _ := strings.Cut(seq, "m")
			for _, p := range strings.Split(params, ";") {
				switch p {
				case "", "0", "1", "2", "7":
				default:
					t.Fatalf("%s: style %q in %q", s.name, p, params)
				}
			}
		}
		if s.name == "idle" && !strings.Contains(v, "\x1b[7m") {
			t.Error("the cursor can't be seen")
		}
	}
}
