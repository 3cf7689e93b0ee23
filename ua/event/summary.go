package event

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// VoicemailInfo is a message-summary: the lamp and the numbers (RFC 3842).
type VoicemailInfo struct {
	// Waiting is the lamp: there is something new.
	Waiting bool
	// Account is the mailbox's URI, to call it; empty if it wasn't said.
	Account string
	// New and Old count voice messages; the urgent ones are among them. They are 0 when
	// only the lamp was told.
	New, Old, UrgentNew, UrgentOld int
	// Other are the counts of other kinds of messages by their class, such as "fax-message".
	Other map[string]Counts
}

// Counts are the messages of one class.
type Counts struct{ New, Old, UrgentNew, UrgentOld int }

const (
	maxSummary = 16 << 10
	maxClasses = 16
	maxCount   = 1 << 30
)

// ParseVoicemail reads application/simple-message-summary. Header lines of single
// messages, which may follow, are left.
func ParseVoicemail(body []byte) (VoicemailInfo, error) {
	var v VoicemailInfo
	if len(body) > maxSummary {
		return v, fmt.Errorf("%w: %d bytes", ErrBody, len(body))
	}
	status := false
	s := bufio.NewScanner(bytes.NewReader(body))
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		if line == "" {
			if status {
				break // what follows is about single messages
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return VoicemailInfo{}, fmt.Errorf("%w: the line %q has no colon", ErrBody, clip(line))
		}
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case name == "messages-waiting":
			switch strings.ToLower(value) {
			case "yes":
				v.Waiting = true
			case "no":
			default:
				return VoicemailInfo{}, fmt.Errorf("%w: Messages-Waiting is %q, neither yes nor no", ErrBody, clip(value))
			}
			status = true
		case name == "message-account":
			v.Account = Clean(value, 256)
		case strings.HasSuffix(name, "-message"):
			c, ok := parseCounts(value)
			if !ok {
				return VoicemailInfo{}, fmt.Errorf("%w: %q is no count of messages", ErrBody, clip(value))
			}
			if name == "voice-message" {
				v.New, v.Old, v.UrgentNew, v.UrgentOld = c.New, c.Old, c.UrgentNew, c.UrgentOld
			} else if len(v.Other) < maxClasses {
				if v.Other == nil {
					v.Other = make(map[string]Counts)
				}
				v.Other[Clean(name, 64)] = c
			}
		}
	}
	if err := s.Err(); err != nil {
		return VoicemailInfo{}, fmt.Errorf("%w: %w", ErrBody, err)
	}
	if !status {
		return VoicemailInfo{}, fmt.Errorf("%w: it doesn't say Messages-Waiting", ErrBody)
	}
	return v, nil
}

// parseCounts reads "2/8 (0/2)".
func parseCounts(s string) (c Counts, ok bool) {
	all, urgent, has := strings.Cut(s, "(")
	if c.New, c.Old, ok = pair(all); !ok || !has {
		return c, ok
	}
	urgent, _, ok = strings.Cut(urgent, ")")
	if ok {
		c.UrgentNew, c.UrgentOld, ok = pair(urgent)
	}
	return c, ok
}

func pair(s string) (a, b int, ok bool) {
	x, y, ok := strings.Cut(s, "/")
	a, errA := strconv.Atoi(strings.TrimSpace(x))
	b, errB := strconv.Atoi(strings.TrimSpace(y))
	return a, b, ok && errA == nil && errB == nil && a >= 0 && b >= 0 && a < maxCount && b < maxCount
}

// Format writes the body.
func (v VoicemailInfo) Format() []byte {
	var b strings.Builder
	waiting := "no"
	if v.Waiting {
		waiting = "yes"
	}
	b.WriteString("Messages-Waiting: " + waiting + "\r\n")
	if v.Account != "" {
		b.WriteString("Message-Account: " + v.Account + "\r\n")
	}
	fmt.Fprintf(&b, "Voice-Message: %d/%d (%d/%d)\r\n", v.New, v.Old, v.UrgentNew, v.UrgentOld)
	return []byte(b.String())
}

// clip keeps a quoted piece of a body short in an error.
func clip(s string) string { return Clean(s, 40) }
