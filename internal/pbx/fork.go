package pbx

import (
	"time"

	"offhook/ua/sip"
)

// Timer C must be longer than three minutes (RFC 3261, section 16.6, step 11); each
// provisional response but 100 starts it again, so a phone may ring for ever.
const timerC = 185 * time.Second

// cancelGrace is how long a cancelled branch may take for its final response (RFC
// 3261, section 9.1: 64*T1).
const cancelGrace = 32 * time.Second

// answer is a response for the caller. res is nil for one made here.
type answer struct {
	code   int
	reason string
	res    *sip.Response
}

// legState is where one branch of a fork stands.
//
//	calling --1xx--> ringing --final, failure, timer C--> over
//	   \------------------final, failure------------------/
type legState uint8

const (
	legCalling legState = iota // sent, nothing came yet
	legRinging                 // a provisional response came: it can be cancelled now
	legOver
)

type leg struct {
	state legState
	// unwanted: the branch is to be cancelled; canceled: the CANCEL went out.
	unwanted, canceled bool
	// slow: timer C ended it, so its 487 means that nobody answered.
	slow bool
}

// fork is the response context of one proxied request (RFC 3261, section 16.7):
// it hears all branches and decides what the caller hears and which branches end.
// Pure: inputs in, effects out.
//
//	branch 0 --\                /--> 1xx, every 2xx: at once
//	branch 1 ---+--> best of ---+--> otherwise the best, when all are over
//	branch 2 --/                \--> CANCEL to the others on 2xx, 6xx, or the caller's CANCEL
type fork struct {
	invite bool
	legs   []leg
	best   answer
	// answered: a final response went to the caller.
	answered bool
	// canceled: the caller gave up.
	canceled bool
	// challenges are the 401 and 407 responses that best doesn't show.
	challenges []*sip.Response
}

// effect is what a fork asks of the proxy. Sealed.
type effect interface{ forkEffect() }

type (
	// reply sends a response to the caller, with the challenges of other branches.
	reply struct {
		answer
		challenges []*sip.Response
	}
	// cancelLeg sends CANCEL on a branch.
	cancelLeg struct{ leg int }
	// armLeg starts the branch's timer, again if it runs.
	armLeg struct {
		leg   int
		after time.Duration
	}
	// dropLeg abandons a branch that never ended.
	dropLeg struct{ leg int }
)

func (reply) forkEffect()     {}
func (cancelLeg) forkEffect() {}
func (armLeg) forkEffect()    {}
func (dropLeg) forkEffect()   {}

// newFork starts a context of n branches, all about to be sent.
func newFork(invite bool, n int, effects []effect) (*fork, []effect) {
	f := &fork{invite: invite, legs: make([]leg, n)}
	if invite {
		for i := range f.legs {
			effects = append(effects, armLeg{i, timerC})
		}
	}
	return f, effects
}

// heard takes a response from branch i.
func (f *fork) heard(i int, a answer, effects []effect) []effect {
	l := &f.legs[i]
	switch {
	case a.code < 200:
		return f.provisional(i, a, effects)
	case a.code < 300:
		l.state = legOver
		// Every 2xx to an INVITE is the caller's (RFC 3261, section 16.7, step 5).
		if f.invite || !f.answered {
			effects = append(effects, reply{answer: a})
		}
		f.answered = true
		return f.cancelAll(effects)
	}
	if l.state == legOver {
		return effects
	}
	l.state = legOver
	if l.slow && a.code == 487 {
		a = answer{code: 408, reason: "Nobody Answered"}
	}
	return f.failed(a, effects)
}

func (f *fork) provisional(i int, a answer, effects []effect) []effect {
	l := &f.legs[i]
	if l.state == legOver {
		return effects
	}
	l.state = legRinging
	if l.unwanted {
		return f.cancelLeg(i, effects)
	}
	if a.code == 100 {
		return effects
	}
	if f.invite {
		effects = append(effects, armLeg{i, timerC})
	}
	if !f.answered {
		effects = append(effects, reply{answer: a})
	}
	return effects
}

// lost takes the end of branch i without a response.
func (f *fork) lost(i int, timeout bool, effects []effect) []effect {
	if f.legs[i].state == legOver {
		return effects
	}
	f.legs[i].state = legOver
	if timeout || f.canceled {
		return f.failed(f.silence(), effects)
	}
	// RFC 3261, section 16.9 counts an unreachable contact as a 503, and so as a
	// 500 for the caller. It's the phone that is gone, not the server: 480 says so.
	return f.failed(answer{code: 480, reason: "Contact Unreachable"}, effects)
}

// silence is what a branch that said nothing final counts as.
func (f *fork) silence() answer {
	if f.canceled {
		return answer{code: 487}
	}
	return answer{code: 408, reason: "Nobody Answered"}
}

func (f *fork) failed(a answer, effects []effect) []effect {
	if a.res != nil && (a.code == 401 || a.code == 407) {
		f.challenges = append(f.challenges, a.res)
	}
	if f.best.code == 0 || better(a, f.best) {
		f.best = a
	}
	if a.code >= 600 {
		effects = f.cancelAll(effects)
	}
	if f.answered || !f.over() {
		return effects
	}
	f.answered = true
	// RFC 4320, section 4.2: a proxy doesn't answer a non-INVITE with 408; it would
	// come too late to be heard.
	if !f.invite && f.best.code == 408 && f.best.res == nil {
		return effects
	}
	return append(effects, reply{f.best, f.challenges})
}

// cancel takes the caller's CANCEL (RFC 3261, section 16.10).
func (f *fork) cancel(effects []effect) []effect {
	if f.answered {
		return effects
	}
	f.canceled = true
	return f.cancelAll(effects)
}

// timeout takes the end of branch i's timer: C, or the grace after a CANCEL.
func (f *fork) timeout(i int, effects []effect) []effect {
	l := &f.legs[i]
	switch {
	case l.state == legOver:
		return effects
	case l.state == legRinging && !l.canceled:
		l.slow, l.unwanted = true, true
		return f.cancelLeg(i, effects)
	}
	// Nothing came at all, or nothing after the CANCEL (RFC 3261, section 16.8).
	l.state = legOver
	return f.failed(f.silence(), append(effects, dropLeg{i}))
}

func (f *fork) cancelAll(effects []effect) []effect {
	if !f.invite {
		return effects
	}
	for i := range f.legs {
		l := &f.legs[i]
		if l.state == legOver || l.unwanted {
			continue
		}
		l.unwanted = true
		// A CANCEL before a provisional response could overtake its INVITE (RFC 3261,
		// section 9.1).
		if l.state == legRinging {
			effects = f.cancelLeg(i, effects)
		}
	}
	return effects
}

func (f *fork) cancelLeg(i int, effects []effect) []effect {
	if f.legs[i].canceled {
		return effects
	}
	f.legs[i].canceled = true
	return append(effects, cancelLeg{i}, armLeg{i, cancelGrace})
}

// over says that no branch is under way.
func (f *fork) over() bool {
	for _, l := range f.legs {
		if l.state != legOver {
			return false
		}
	}
	return true
}

// better says that a is a better final response for the caller than b: a 6xx,
// then the lowest class, then what lets the caller mend the request (RFC 3261,
// section 16.7, step 6), then what a phone said over what is said for it.
func better(a, b answer) bool {
	if ca, cb := class(a.code), class(b.code); ca != cb {
		return ca < cb
	}
	return within(a) < within(b)
}

func class(code int) int {
	if code >= 600 {
		return 0
	}
	return code / 100
}

func within(a answer) int {
	switch a.code {
	case 401, 407, 415, 420, 484:
		return 0
	case 503: // of this one phone, not of all
		return 3
	}
	if a.res == nil {
		return 2
	}
	return 1
}
