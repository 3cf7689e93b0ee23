package lab

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// BaresipEvent is a message of the control port.
type BaresipEvent struct {
	Event    bool   `json:"event"`
	Response bool   `json:"response"`
	OK       bool   `json:"ok"`
	Data     string `json:"data"`
	Type     string `json:"type"`
	Peer     string `json:"peeruri"`
	Param    string `json:"param"`
	ID       string `json:"id"`
}

func (b *Baresip) readControl() {
	r := bufio.NewReader(b.ctl)
	for {
		size, err := r.ReadString(':') // netstring: length ':' body ','
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(size, ":"))
		if err != nil {
			return
		}
		body := make([]byte, n+1)
		for got := 0; got < len(body); {
			k, err := r.Read(body[got:])
			if err != nil {
				return
			}
			got += k
		}
		var e BaresipEvent
		if json.Unmarshal(body[:n], &e) != nil {
			continue
		}
		b.mu.Lock()
		b.events = append(b.events, e)
		close(b.more)
		b.more = make(chan struct{})
		b.mu.Unlock()
	}
}

// Command runs a command of baresip's menu ("dial", "hangup", "hold", "sndcode") and waits for its response.
func (b *Baresip) Command(name, params string) string {
	b.t.Helper()
	from := b.EventMark()
	msg, err := json.Marshal(map[string]string{"command": name, "params": params})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(b.ctl, "%d:%s,", len(msg), msg); err != nil {
		b.t.Fatalf("baresip's control port: %v", err)
	}
	e, _ := b.AwaitEvent(from, func(e BaresipEvent) bool { return e.Response })
	if !e.OK {
		b.t.Fatalf("baresip refused %q %q: %s", name, params, e.Data)
	}
	return e.Data
}

// EventMark is the index for AwaitEvent that skips what came up to now.
func (b *Baresip) EventMark() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.events)
}

// AwaitEvent waits for an event among all from the given index on.
func (b *Baresip) AwaitEvent(from int, match func(BaresipEvent) bool) (BaresipEvent, int) {
	b.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		b.mu.Lock()
		events, more := b.events, b.more
		b.mu.Unlock()
		for ; from < len(events); from++ {
			if match(events[from]) {
				return events[from], from + 1
			}
		}
		select {
		case <-more:
		case <-timer.C:
			b.t.Fatalf("baresip: no such event within %v; it told %+v and said:\n%s", patience, events, b.Output())
		}
	}
}

// AwaitType waits for an event of one type ("CALL_ESTABLISHED").
func (b *Baresip) AwaitType(from int, typ string) (BaresipEvent, int) {
	b.t.Helper()
	return b.AwaitEvent(from, func(e BaresipEvent) bool { return e.Type == typ })
}

// Digits are the DTMF digits that it received so far, in order.
func (b *Baresip) Digits() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var s strings.Builder
	for _, e := range b.events {
		if e.Type == "CALL_DTMF_START" {
			s.WriteString(e.Param)
		}
	}
	return s.String()
}
