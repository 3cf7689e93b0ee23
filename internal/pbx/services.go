package pbx

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Service is something to call. Name and Number reach the same.
type Service struct{ Name, Number, Summary string }

// Services lists all services, in the order to show them. A name with NNN or N
// stands for every number of that many digits, or any.
func Services() []Service {
	all := catalogue()
	list := make([]Service, len(all))
	for i, e := range all {
		list[i] = Service{e.title, e.number, e.summary}
		if e.title == "" {
			list[i].Name = e.name
		}
	}
	return list
}

// extension is a service as the catalogue describes it.
type extension struct {
	// name is the address; title is how the list shows it, where that differs.
	name, title, number, summary string
	// voicing is what it says; nil is silence.
	voicing voicing
	// script makes the steps of one call. arg is what follows "name-" in what was
	// dialled; empty for the plain name. It reports false for an arg it can't take.
	script func(arg string) ([]step, bool)
	// digits sends digits back; clip plays Config.Clip instead of the voice.
	digits, clip bool
	// rings says that the caller hears it ring first (180).
	rings bool
}

// step is something a service does in a call, so long after the step before.
type step struct {
	after time.Duration
	do    action
	code  int // of a refusal
}

// action is what a step does.
type action uint8

const (
	answerIt action = iota // and wait until the call is up
	progress               // 183 with early media
	reject
	hold
	resume
	echo
)

const second = time.Second

// catalogue is every service there is.
func catalogue() []extension {
	always := func(steps ...step) func(string) ([]step, bool) {
		return func(arg string) ([]step, bool) { return steps, arg == "" }
	}
	return []extension{
		{
			name: "echo", number: "*43", summary: "answers and sends back what it hears; a message comes back too",
			script: always(step{do: answerIt}, step{do: echo}),
		},
		{
			name: "milliwatt", number: "*44", summary: "answers with 1004 Hz at 0 dBm0 (peaks at -3.2 dBFS)",
			voicing: newMilliwatt, script: always(step{do: answerIt}),
		},
		{
			name: "clip", number: "*45", summary: "answers and plays a melody, or a file of yours, over and over",
			voicing: odeToJoy().voice, script: always(step{do: answerIt}), clip: true,
		},
		{
			name: "dtmf", number: "*46", summary: "sends each digit back at once, and after a second of rest plays them all as tones",
			voicing: newReadBack, script: always(step{do: answerIt}), digits: true,
		},
		{
			name: "busy", number: "*47", summary: "is busy (486)",
			script: always(step{do: reject, code: 486}),
		},
		{
			name: "ring", number: "*48", summary: "rings until you give up (180)",
			rings: true, script: always(),
		},
		{
			name: "delay", title: "delay, delay-N", number: "*49", summary: "rings 3 s, or N, then answers and echoes",
			rings: true, script: delayScript,
		},
		{
			name: "early", title: "early, early-NNN", number: "*50", summary: "sends early media (183) for 3 s, then answers and echoes, or refuses with NNN",
			voicing: chime().voice, script: earlyScript,
		},
		{
			name: "hold", number: "*51", summary: "answers with a melody; after 2 s puts you on hold for 2 s, twice",
			voicing: odeToJoy().voice,
			script: always(step{do: answerIt},
				step{after: 2 * second, do: hold}, step{after: 2 * second, do: resume},
				step{after: 2 * second, do: hold}, step{after: 2 * second, do: resume}),
		},
		{
			name: "decline", number: "*52", summary: "declines (603)",
			script: always(step{do: reject, code: 603}),
		},
		{
			name: "code", title: "code-NNN", number: "*NNN", summary: "refuses with the status NNN, 300 to 699",
			script: func(arg string) ([]step, bool) {
				code, ok := failureCode(arg)
				return []step{{do: reject, code: code}}, ok
			},
		},
	}
}

const maxDelay = 100

func delayScript(arg string) ([]step, bool) {
	n := 3
	if arg != "" {
		var err error
		if n, err = strconv.Atoi(arg); err != nil || n < 0 || n > maxDelay {
			return nil, false
		}
	}
	return []step{{after: time.Duration(n) * second, do: answerIt}, {do: echo}}, true
}

func earlyScript(arg string) ([]step, bool) {
	if arg == "" {
		return []step{{do: progress}, {after: 3 * second, do: answerIt}, {do: echo}}, true
	}
	code, ok := failureCode(arg)
	return []step{{do: progress}, {after: 3 * second, do: reject, code: code}}, ok
}

func failureCode(s string) (int, bool) {
	code, err := strconv.Atoi(s)
	return code, err == nil && len(s) == 3 && code >= 300 && code <= 699
}

// find reads a dialled user part: "echo", "*43", "delay-5", "*404".
func find(catalogue []extension, dialled string) (extension, []step, bool) {
	dialled = strings.ToLower(dialled)
	for _, e := range catalogue {
		var arg string
		switch rest, isName := strings.CutPrefix(dialled, e.name); {
		case dialled == e.number || isName && rest == "":
		case isName && len(rest) > 1 && rest[0] == '-':
			arg = rest[1:]
		case e.number == "*NNN" && len(dialled) == 4 && dialled[0] == '*':
			arg = dialled[1:]
		default:
			continue
		}
		steps, ok := e.script(arg)
		return e, steps, ok
	}
	return extension{}, nil, false
}

// userOf is the user part of a URI's text, unescaped; empty when it can't be read.
func userOf(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	user, _, ok := strings.Cut(rest, "@")
	if !ok {
		return ""
	}
	user, err := url.PathUnescape(user)
	if err != nil {
		return ""
	}
	return user
}

// checkUsers refuses user names that a service has.
func checkUsers(users map[string]string, catalogue []extension) error {
	for user := range users {
		if user == "" {
			return fmt.Errorf("a PBX user has no name: give each one a name and a password")
		}
		if e, _, ok := find(catalogue, user); ok {
			return fmt.Errorf("the PBX user %q has the name of the service %s: choose another name", user, e.name)
		}
	}
	return nil
}
