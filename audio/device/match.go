package device

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrNoDevice says that there is no sound card to open.
var ErrNoDevice = errors.New("no sound device")

// NotFoundError says that no device, or more than one, answers to a name.
type NotFoundError struct {
	Role string // "microphone" or "speaker"
	Name string
	// Matches are the devices that Name could mean, none or several.
	Matches []string
	// Have is every device of that role.
	Have []string
}

func (e *NotFoundError) Error() string {
	switch {
	case len(e.Matches) > 1:
		return fmt.Sprintf("%q could be any of the %ss %s: give more of the name", e.Name, e.Role, quoted(e.Matches))
	case len(e.Have) == 0:
		return fmt.Sprintf("no %s %q: this system has none; use null or a file instead", e.Role, e.Name)
	}
	return fmt.Sprintf("no %s %q: there are %s", e.Role, e.Name, quoted(e.Have))
}

// Is makes errors.Is(err, ErrNoDevice) true.
func (e *NotFoundError) Is(target error) bool { return target == ErrNoDevice }

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = strconv.Quote(n)
	}
	return strings.Join(q, ", ")
}

// match returns the index in names that name means: the exact name first, then the
// only one that contains it without regard to case.
func match(role, name string, names []string) (int, error) {
	var found []int
	for i, n := range names {
		if n == name {
			return i, nil
		}
		if strings.Contains(strings.ToLower(n), strings.ToLower(name)) {
			found = append(found, i)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	e := &NotFoundError{Role: role, Name: name, Have: names}
	for _, i := range found {
		e.Matches = append(e.Matches, names[i])
	}
	return 0, e
}
