package rules

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// when is the time that a rule holds. A span over midnight belongs to the day on
// which it begins: days "fri" with "22:00-06:00" ends on Saturday morning.
type when struct {
	zone  *time.Location
	spans []span // minutes of the day
	days  [7]bool
	dates []dates
	// given says which conditions there are.
	anyDay, anyDate bool
}

// span is from <= minute < to, over midnight when to is less.
type span struct{ from, to int }

// dates is first to last, both included; yearly ones have year 0.
type dates struct{ first, last date }

type date struct{ year, month, day int }

func (d date) before(e date) bool {
	switch {
	case d.year != e.year:
		return d.year < e.year
	case d.month != e.month:
		return d.month < e.month
	}
	return d.day < e.day
}

func (r dates) holds(d date) bool {
	if r.first.year == 0 {
		d.year = 0
		if r.last.before(r.first) { // over New Year
			return !d.before(r.first) || !r.last.before(d)
		}
	}
	return !d.before(r.first) && !r.last.before(d)
}

// at says whether w holds at t.
func (w when) at(t time.Time) bool {
	if w.zone != nil {
		t = t.In(w.zone)
	}
	minute := t.Hour()*60 + t.Minute()
	if len(w.spans) == 0 {
		return w.on(t)
	}
	for _, s := range w.spans {
		switch {
		case s.from < s.to:
			if s.from <= minute && minute < s.to && w.on(t) {
				return true
			}
		case minute >= s.from:
			if w.on(t) {
				return true
			}
		case minute < s.to:
			if w.on(t.AddDate(0, 0, -1)) {
				return true
			}
		}
	}
	return false
}

// on says whether w's days and dates hold on the day of t.
func (w when) on(t time.Time) bool {
	if w.anyDay && !w.days[t.Weekday()] {
		return false
	}
	if !w.anyDate {
		return true
	}
	d := date{t.Year(), int(t.Month()), t.Day()}
	for _, r := range w.dates {
		if r.holds(d) {
			return true
		}
	}
	return false
}

func parseSpan(s string) (span, error) {
	from, to, ok := strings.Cut(s, "-")
	a, errA := parseClock(from)
	b, errB := parseClock(to)
	if !ok || errA != nil || errB != nil {
		return span{}, fmt.Errorf("%q is no span of time: write \"09:00-17:30\"", s)
	}
	if a == b || a == 24*60 {
		return span{}, fmt.Errorf("%q is an empty span of time", s)
	}
	return span{a, b}, nil
}

func parseClock(s string) (int, error) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	hour, errH := strconv.Atoi(h)
	minute, errM := strconv.Atoi(m)
	if !ok || errH != nil || errM != nil || len(m) != 2 || len(h) > 2 || hour < 0 || minute < 0 || minute > 59 || hour > 24 || hour == 24 && minute > 0 {
		return 0, errors.New("no time")
	}
	return hour*60 + minute, nil
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func parseDay(s string) (int, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	for i, n := range dayNames {
		if s == n {
			return i, nil
		}
	}
	return 0, errors.New("no day")
}

// parseDays reads "sat" or "mon-fri"; "sat-mon" goes over the week's end.
func parseDays(s string, into *[7]bool) error {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		to = from
	}
	a, errA := parseDay(from)
	b, errB := parseDay(to)
	if errA != nil || errB != nil {
		return fmt.Errorf("%q is no day of the week: write \"mon\" or \"mon-fri\"", s)
	}
	for d := a; ; d = (d + 1) % 7 {
		into[d] = true
		if d == b {
			return nil
		}
	}
}

// parseDates reads one date or first..last, with the year or without.
func parseDates(s string) (dates, error) {
	first, last, ok := strings.Cut(s, "..")
	if !ok {
		last = first
	}
	a, errA := parseDate(first)
	b, errB := parseDate(last)
	switch {
	case errA != nil || errB != nil || (a.year == 0) != (b.year == 0):
		return dates{}, fmt.Errorf("%q is no date: write \"2026-12-24\", \"2026-12-24..2027-01-06\" or, for every year, \"12-24..01-06\"", s)
	case a.year != 0 && b.before(a):
		return dates{}, fmt.Errorf("%q ends before it begins", s)
	}
	return dates{a, b}, nil
}

func parseDate(s string) (date, error) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		if t.Year() == 0 {
			return date{}, errors.New("no year")
		}
		return date{t.Year(), int(t.Month()), t.Day()}, nil
	}
	t, err := time.Parse(time.DateOnly, "2000-"+s) // a leap year: 02-29 is a date
	return date{0, int(t.Month()), t.Day()}, err
}

// parseCount reads "0", "1-3" or "2-".
func parseCount(s string) (low, high int, err error) {
	from, to, ranged := strings.Cut(strings.TrimSpace(s), "-")
	low, err = strconv.Atoi(strings.TrimSpace(from))
	high = low
	switch to = strings.TrimSpace(to); {
	case err == nil && ranged && to == "":
		high = 1 << 30
	case err == nil && ranged:
		high, err = strconv.Atoi(to)
	}
	if err != nil || low < 0 || high < low {
		return 0, 0, fmt.Errorf("%q is no number of calls: write \"0\", \"1-3\" or \"2-\" for two and more", s)
	}
	return low, high, nil
}
