package words

import (
	"fmt"
	"strings"
	"time"

	"offhook/ua"
	"offhook/ua/event"
	"offhook/ui/people"
)

// Lamp says how somebody who is watched is.
func Lamp(l people.Lamp) string {
	switch l {
	case people.LampFree:
		return "free"
	case people.LampRinging:
		return "ringing"
	case people.LampCalling:
		return "calling"
	case people.LampHeld:
		return "on hold"
	case people.LampTalking:
		return "talking"
	case people.LampAway:
		return "away"
	case people.LampOffline:
		return "offline"
	case people.LampUnknown:
	}
	return "unknown"
}

// Mailbox says what waits in a mailbox; empty for an empty one. The short form is for a
// narrow screen.
func Mailbox(v event.VoicemailInfo, short bool) string {
	urgent := ""
	if v.UrgentNew > 0 && !short {
		urgent = fmt.Sprintf(" (%d urgent)", v.UrgentNew)
	}
	switch {
	case v.New == 0 && v.Old == 0 && v.Waiting:
		return "new messages" // the lamp alone was told
	case v.New == 0 && v.Old == 0, short && v.New == 0:
		return ""
	case short:
		return fmt.Sprintf("%d new", v.New)
	case v.New == 0:
		return counted(v.Old, "old message")
	case v.Old == 0:
		return fmt.Sprintf("%s%s", counted(v.New, "new message"), urgent)
	}
	return fmt.Sprintf("%d new%s, %d old messages", v.New, urgent, v.Old)
}

// Presence says what an account publishes of itself; empty for nothing.
func Presence(p ua.PublicationInfo) string {
	s := ""
	switch p.Status {
	case event.BasicUnknown:
		return ""
	case event.Open:
		s = "available"
	case event.Closed:
		s = "unavailable"
	}
	if p.Note != "" {
		s += ": " + p.Note
	}
	switch {
	case p.Err != nil:
		s += " (not published)"
	case p.Phase == event.Starting || p.Phase == event.Idle:
		s += " (publishing…)"
	}
	return s
}

// Waiting counts what wasn't seen: missed calls and unread messages; empty for nothing. The
// short form is for a narrow screen.
func Waiting(missed, unread int, short bool) string {
	switch {
	case missed == 0 && unread == 0:
		return ""
	case short && missed > 0 && unread > 0:
		return fmt.Sprintf("%d unseen", missed+unread)
	case short && missed > 0:
		return fmt.Sprintf("%d missed", missed)
	case short:
		return fmt.Sprintf("%d unread", unread)
	case unread == 0:
		return counted(missed, "missed call")
	case missed == 0:
		return counted(unread, "unread message")
	}
	return counted(missed, "missed call") + ", " + counted(unread, "unread message")
}

// counted is "1 call", "2 calls".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Past says how a call ended, in a few words.
func Past(c people.Call) string {
	if c.Words != "" {
		return c.Words
	}
	switch c.Outcome {
	case people.Talked:
		return "talked " + Clock(c.Talked)
	case people.Missed:
		return "missed"
	case people.Elsewhere:
		return "elsewhere"
	case people.Declined:
		if c.Incoming && c.Code/100 == 3 {
			return "forwarded"
		}
		if c.Incoming {
			return "rejected"
		}
		return "declined"
	case people.NoAnswer:
		return "no answer"
	case people.Refused:
		if c.Code == 486 || c.Code == 600 {
			return "busy"
		}
		if c.Code != 0 {
			return fmt.Sprintf("refused %d", c.Code)
		}
		return "refused"
	case people.Failed:
	}
	return "failed"
}

// Day is when something was, as short as it is clear: the time today, the day this year,
// or the year.
func Day(at, now time.Time) string {
	at = at.In(now.Location())
	switch {
	case at.Year() != now.Year():
		return at.Format("2006")
	case at.YearDay() != now.YearDay():
		return at.Format("02 Jan")
	}
	return at.Format("15:04")
}

// Moment is Day where there is room for more.
func Moment(at, now time.Time) string {
	at = at.In(now.Location())
	switch {
	case at.Year() != now.Year():
		return at.Format("02 Jan 2006")
	case at.YearDay() != now.YearDay():
		return at.Format("02 Jan 15:04")
	}
	return at.Format("15:04")
}

// Short is what to call an address: its user, or the address when there is none.
func Short(uri string) string {
	a := Address(uri)
	if user, _, ok := strings.Cut(a, "@"); ok && user != "" {
		return user
	}
	return a
}
