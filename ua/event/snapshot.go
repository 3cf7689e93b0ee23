package event

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Phase is where a subscription or a publication stands.
type Phase uint8

const (
	Idle       Phase = iota // nothing was asked for
	Starting                // SUBSCRIBE or PUBLISH is under way, nothing came yet
	Pending                 // subscribed; the other side hasn't decided what we may see
	Active                  // subscribed, or published
	Waiting                 // it ended or failed, and comes again at RetryAt
	Ending                  // being ended from our side
	Terminated              // over for good: Reason, Code and Err say why
)

// String is the phase's name in events and logs: "active".
func (p Phase) String() string {
	switch p {
	case Idle:
		return "idle"
	case Starting:
		return "starting"
	case Pending:
		return "pending"
	case Active:
		return "active"
	case Waiting:
		return "waiting"
	case Ending:
		return "ending"
	case Terminated:
		return "terminated"
	}
	return "unknown"
}

// Snapshot is the state of a machine. It is comparable.
type Snapshot struct {
	Phase Phase
	// Reason is the notifier's, of the newest end.
	Reason Reason
	// Code and Status are of the newest final response; 0 for none.
	Code   int
	Status string
	// Expires is the granted lifetime, Until when it ends.
	Expires time.Duration
	Until   time.Time
	// RetryAt is when the next attempt comes; zero for none.
	RetryAt time.Time
	Err     error
}

// Conditions that a Snapshot's Err wraps. They read as sentences for people.
var (
	ErrRefused     = errors.New("the other side refused it")
	ErrBadEvent    = errors.New("the other side knows of no such event package")
	ErrTooBrief    = errors.New("the other side wants a longer interval")
	ErrTimeout     = errors.New("the other side didn't answer in time")
	ErrTransport   = errors.New("the other side couldn't be reached")
	ErrCredentials = errors.New("the user name or password was refused")
	ErrNoNotify    = errors.New("the other side accepted the subscription and then told nothing")
	ErrEnded       = errors.New("the other side ended the subscription")
)

func refusal(r Response) error {
	status := strings.TrimSpace(fmt.Sprintf("%d %s", r.Code, r.Reason))
	switch r.Code {
	case 401, 407:
		return fmt.Errorf("%w (%s): check the account's auth user and password", ErrCredentials, status)
	case 404:
		return fmt.Errorf("%w (%s): there is nobody there by that name", ErrRefused, status)
	case 408:
		return fmt.Errorf("%w (%s)", ErrTimeout, status)
	case 423:
		return fmt.Errorf("%w (%s)", ErrTooBrief, status)
	case 489:
		return fmt.Errorf("%w (%s)", ErrBadEvent, status)
	}
	return fmt.Errorf("%w (%s)", ErrRefused, status)
}

// unwatched is the refusal of a subscription.
func unwatched(r Response) error {
	err := refusal(r)
	if r.Code == 403 {
		err = fmt.Errorf("%w: who may watch is for the other side to say (by allow_watchers, where it is an offhook)", err)
	}
	return err
}

func loss(in Lost) error {
	err := ErrTransport
	switch in.Cause {
	case Timeout:
		err = ErrTimeout
	case Credentials:
		err = ErrCredentials
	case Transport:
	}
	if in.Err != nil {
		return fmt.Errorf("%w: %w", err, in.Err)
	}
	return err
}
