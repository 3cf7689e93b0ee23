package main

import (
	"github.com/spf13/cobra"

	"offhook/ua"
	"offhook/ua/call"
)

// conferenceFlags bring others into a call of ours.
type conferenceFlags struct{ with []string }

func (f *conferenceFlags) addTo(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.with, "conference", nil, "call `URI` too after the answer, and join all in a conference; may be repeated")
	inGroup(cmd.Flags(), "parties", "conference")
}

// conferenceEvent tells that a call joined or left the conference.
type conferenceEvent struct {
	callHead
	On bool `json:"on"`
}

// conferenceRun is the conference of a `call`: the other members, as they are called one
// after the other. The script's goroutine owns it.
//
//	first call up -> dial the next -> up -> join ------> dial the next …
//	                                \-> refused: resume -/   the run ends with its code
type conferenceRun struct {
	left    []string
	members map[ua.CallID]*member
	dialing ua.CallID
	number  int   // of members so far
	failed  error // why the first who isn't in it isn't
}

// member is another party of the conference.
type member struct {
	number       int // of its recording; the first call's is 1
	up, prepared bool
}

// invite calls the next one.
func (r *callRun) invite() {
	c := &r.conference
	if c.dialing != 0 || len(c.left) == 0 {
		return
	}
	request := r.request
	request.Target, c.left = c.left[0], c.left[1:]
	c.dialing = r.phone.agent.Dial(request)
	if c.members == nil {
		c.members = map[ua.CallID]*member{}
	}
	c.number++
	c.members[c.dialing] = &member{number: c.number + 1}
}

// memberChanged follows the other members; false says that the call is none.
func (r *callRun) memberChanged(info ua.CallInfo) bool {
	c := &r.conference
	m := c.members[info.ID]
	if m == nil {
		return false
	}
	agent := r.phone.agent
	if info.Codec != "" && !m.prepared && info.State != call.Ended {
		m.prepared = true
		if r.media.record != "" {
			agent.Record(info.ID, recording(r.media.record, m.number))
		}
	}
	switch {
	case info.State == call.Confirmed && !m.up:
		m.up = true
		if info.ID == c.dialing {
			c.dialing = 0
		}
		agent.Conference() // the others were held for this one
		r.recorded.start(agent)
		r.invite()
	case info.State == call.Ended:
		delete(c.members, info.ID)
		if info.ID != c.dialing {
			break
		}
		c.dialing = 0
		if err := callResult(info); err != nil && c.failed == nil {
			c.failed = err
		}
		agent.Resume(r.id) // with the conference that there is
		r.invite()
	}
	return true
}
