package ui

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"go.uber.org/goleak"

	"offhook/audio"
	"offhook/audio/rtp"
	"offhook/ua"
	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/trace"
	"offhook/ui/theme"
	"offhook/ui/uitest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// teatest waits for an interrupt for as long as the process lives.
		goleak.IgnoreTopFunction("github.com/charmbracelet/x/exp/teatest.NewTestModel.func2"))
}

// start is when all tests begin.
var start = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// bench is a model, its phone, and a clock that the test moves.
type bench struct {
	*Model
	phone *uitest.Phone
	log   *trace.Ring
	t     testing.TB
	clock time.Time
	quit  bool
}

func alice(state ua.RegState) ua.Registration {
	return ua.Registration{Account: "alice", AOR: "sip:alice@example.com", State: state, Expires: 5 * time.Minute}
}

func refused(account, aor string) ua.Registration {
	return ua.Registration{
		Account: account, AOR: aor, State: ua.RegFailed, Code: 403, Reason: "Forbidden", RetryAt: start.Add(30 * time.Second),
		Err: errors.New("the user name or password was refused; check the account's auth user and password (403 Forbidden)"),
	}
}

func newBench(t testing.TB, o Options, regs ...ua.Registration) *bench {
	t.Helper()
	b := &bench{t: t, clock: start, log: trace.NewRing(100)}
	now := func() time.Time { return b.clock }
	b.phone = uitest.New(now, nil, regs...)
	o.Phone, o.Now, o.Log, o.Version = b.phone, now, b.log, "0.1.0"
	if o.Theme.Color == theme.ColorAuto {
		o.Theme.Color = theme.Plain // the same on every terminal
	}
	b.Model = New(o)
	t.Cleanup(b.Close)
	b.size(80, 24)
	return b
}

func (b *bench) send(msg tea.Msg) {
	_, cmd := b.Update(msg)
	b.quit = b.quit || hasQuit(cmd)
}

// hasQuit looks for tea.Quit in a command without running what may block: a batch
// only lists its commands.
func hasQuit(cmd tea.Cmd) bool {
	if cmd == nil {
		return false
	}
	if reflect.ValueOf(cmd).Pointer() == reflect.ValueOf(tea.Quit).Pointer() {
		return true
	}
	if reflect.ValueOf(cmd).Pointer() != reflect.ValueOf(tea.Batch(tea.ClearScreen, tea.ClearScreen)).Pointer() {
		return false
	}
	batch, ok := cmd().(tea.BatchMsg)
	if !ok {
		return false
	}
	for _, c := range batch {
		if hasQuit(c) {
			return true
		}
	}
	return false
}

func (b *bench) size(w, h int) { b.send(tea.WindowSizeMsg{Width: w, Height: h}) }

func (b *bench) after(d time.Duration) { b.clock = b.clock.Add(d) }

// drain handles the events that the phone has posted, and what the log recorded.
func (b *bench) drain() {
	done, cancel := context.WithCancel(context.Background())
	cancel()
	for {
		e, err := b.pump.sub.Next(done)
		if err != nil {
			break
		}
		b.send(eventMsg{e})
	}
	for len(b.pump.records) > 0 {
		b.send(b.pump.log())
	}
}

// press sends keys by name; what is no name is typed.
func (b *bench) press(names ...string) {
	for _, n := range names {
		if k, ok := named[n]; ok {
			b.send(k)
			continue
		}
		for _, r := range n {
			if r == ' ' {
				b.send(tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{r}})
				continue
			}
			b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		}
	}
}

// named are the keys that have names, as Bubble Tea spells them.
var named = func() map[string]tea.KeyMsg {
	m := map[string]tea.KeyMsg{}
	for t := tea.KeyType(-80); t < 128; t++ {
		k := tea.KeyMsg{Type: t}
		if s := k.String(); s != "" && s != "runes" && s != " " {
			m[s] = k
			k.Alt = true
			m[k.String()] = k
		}
	}
	for r := 'a'; r <= 'z'; r++ {
		k := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: true}
		m[k.String()] = k
	}
	m["space"] = tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}
	return m
}()

// tickNow delivers the tick that is due.
func (b *bench) tickNow() { b.send(tickMsg{b.beat.gen}) }

func (b *bench) set(c ua.CallInfo) { b.phone.Set(c); b.drain() }

func (b *bench) change(id ua.CallID, edit func(*ua.CallInfo)) { b.phone.Change(id, edit); b.drain() }

func (b *bench) wantCommands(want ...string) {
	b.t.Helper()
	got := b.phone.Commands()
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		b.t.Errorf("commands:\n got %q\nwant %q", got, want)
	}
}

func (b *bench) wantScreen(parts ...string) {
	b.t.Helper()
	v := b.View()
	for _, p := range parts {
		if !strings.Contains(v, p) {
			b.t.Errorf("%q isn't on the screen:\n%s", p, v)
		}
	}
}

func (b *bench) wantNotOnScreen(parts ...string) {
	b.t.Helper()
	v := b.View()
	for _, p := range parts {
		if strings.Contains(v, p) {
			b.t.Errorf("%q is on the screen:\n%s", p, v)
		}
	}
}

// outgoing is a call that alice makes; talking is one that is up.
func outgoing(id ua.CallID, state call.State) ua.CallInfo {
	return ua.CallInfo{
		ID: id, Account: "alice", State: state, Created: start,
		RemoteURI: "sip:echo@example.com", LocalURI: "sip:alice@example.com", SIPCallID: "5d0a7c11@192.0.2.10",
	}
}

func talking(id ua.CallID, name, uri string) ua.CallInfo {
	c := outgoing(id, call.Confirmed)
	c.RemoteName, c.RemoteURI = name, uri
	c.Answered = start.Add(2 * time.Second)
	c.Codec, c.Ptime, c.Focus, c.DTMF = "opus/48000", 20*time.Millisecond, true, audio.DTMFRFC4733
	c.LocalMedia = netip.MustParseAddrPort("192.0.2.10:40000")
	c.RemoteMedia = netip.MustParseAddrPort("198.51.100.7:30002")
	c.Security = ua.SecurityInfo{Transport: sip.UDP, Media: ua.MediaPlain}
	return c
}

func incoming(id ua.CallID, name, uri string) ua.CallInfo {
	c := outgoing(id, call.Incoming)
	c.Direction, c.RemoteName, c.RemoteURI = ua.Incoming, name, uri
	return c
}

func meters(mic, ear float64) ua.Meters {
	return ua.Meters{
		Levels: audio.Levels{Mic: mic, Ear: ear},
		Stats: audio.Stats{
			PacketsSent: 2050, PacketsReceived: 2041, Lost: 3, Late: 1,
			Jitter: 4 * time.Millisecond, Playout: 40 * time.Millisecond, RTT: 23 * time.Millisecond,
			MOSIn:  rated(0.002, 86*time.Millisecond),
			MOSOut: rated(0.04, 132*time.Millisecond),
		},
	}
}

// rated is how Opus sounds with such loss and delay.
func rated(loss float64, delay time.Duration) audio.Quality {
	c := rtp.Conversation{Codec: rtp.ImpairmentOf("opus"), Loss: loss, Burst: 1, Delay: delay}
	return audio.Quality{Rating: c.Rate(), Loss: loss, BurstR: 1, Delay: delay}
}

func (b *bench) trace(at time.Duration, dir trace.Direction, raw string) {
	b.log.Trace(trace.Record{
		Time: start.Add(at), Dir: dir, Transport: "UDP", Raw: []byte(raw),
		Local: netip.MustParseAddrPort("192.0.2.10:5060"), Remote: netip.MustParseAddrPort("198.51.100.1:5060"),
	})
	b.drain()
}

const (
	invite = "INVITE sip:echo@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKnashds8\r\n" +
		"To: <sip:echo@example.com>\r\nFrom: <sip:alice@example.com>;tag=88sja8x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
	ringing = "SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n"
	ok200   = "SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\n"
)

func recordAt(at time.Duration, raw string) trace.Record {
	return trace.Record{
		Time: start.Add(at), Dir: trace.In, Transport: "UDP", Raw: []byte(raw),
		Local: netip.MustParseAddrPort("192.0.2.10:5060"), Remote: netip.MustParseAddrPort("198.51.100.1:5060"),
	}
}

func count(s, part string) int { return strings.Count(s, part) }
