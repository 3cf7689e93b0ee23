package people

import (
	"strings"
	"time"
)

// Outcome is how a call ended, as far as a list tells it apart.
type Outcome uint8

const (
	Talked    Outcome = iota
	Missed            // it rang here, and nobody took it
	Elsewhere         // another phone of the same person took it: not missed
	Declined          // refused here
	NoAnswer
	Refused // by the other side
	Failed
)

// Call is a call that has ended.
type Call struct {
	// ID is the record's; below 0 for one that isn't recorded.
	ID       int64
	Account  string
	Incoming bool
	Outcome  Outcome
	Code     int // of the response that refused it; 0 for none
	// Remote is the other side's URI; Name what it calls itself.
	Remote, Name string
	Started      time.Time
	Talked       time.Duration
	// Words tell the outcome better than Outcome does; empty for nothing to add.
	Words string
}

// Past is a snapshot of the calls that were.
type Past struct {
	Calls  []Call // newest first
	Missed int    // of those that nobody has looked at
}

// maxPast bounds what is kept when nothing is recorded.
const maxPast = 200

// Add puts in a call that has ended now.
func (p Past) Add(c Call) Past {
	calls := append([]Call{c}, p.Calls...)
	if len(calls) > maxPast {
		calls = calls[:maxPast]
	}
	p.Calls = calls
	if c.Outcome == Missed {
		p.Missed++
	}
	return p
}

// Without takes a call out.
func (p Past) Without(id int64) Past {
	var calls []Call
	for _, c := range p.Calls {
		if c.ID != id {
			calls = append(calls, c)
		}
	}
	p.Calls = calls
	return p
}

// Newest is the ID of the newest call that is recorded.
func (p Past) Newest() int64 {
	var id int64
	for _, c := range p.Calls {
		id = max(id, c.ID)
	}
	return id
}

// Search gives the calls whose party, by any name, or outcome contains text.
func (p Past) Search(text string, book Book) []Call {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return p.Calls
	}
	var out []Call
	for _, c := range p.Calls {
		for _, s := range []string{c.Name, c.Remote, book.Name(c.Remote), c.Outcome.word()} {
			if strings.Contains(strings.ToLower(s), text) {
				out = append(out, c)
				break
			}
		}
	}
	return out
}

// word is what a search takes for the outcome.
func (o Outcome) word() string {
	switch o {
	case Talked:
		return "talked"
	case Missed:
		return "missed"
	case Elsewhere:
		return "elsewhere"
	case Declined:
		return "rejected"
	case NoAnswer:
		return "no answer"
	case Refused:
		return "refused"
	case Failed:
		return "failed"
	}
	return ""
}
