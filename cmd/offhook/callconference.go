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
	behaviour(cmd, "conference")
}

// conferenceEvent tells that a call joined or left the conference.
type conferenceEvent struct {
	callHead
	On bool `json:"on"`
}

// conferenceRun is the conference of a `call`: the other members, as they are called one
// after the other. The script's goroutine owns it.
//
//	first call up -> dial the next -> up -> join -> dial the next … ; the first to be refused ends nothing
type conferenceRun struct {
	left    []string
	members map[ua.CallID]bool // whether they are up
	dialing ua.CallID
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
		c.members = map[ua.CallID]bool{}
	}
	c.members[c.dialing] = false
}

// memberChanged follows the other members; false says that the call is none.
func (r *callRun) memberChanged(info ua.CallInfo) bool {
	c := &r.conference
	up, member := c.members[info.ID]
	if !member {
		return false
	}
	switch {
	case info.State == call.Confirmed && !up:
		c.members[info.ID] = true
		if info.ID == c.dialing {
			c.dialing = 0
		}
		r.phone.agent.Conference() // the last one was held for this one
		r.invite()
	case info.State == call.Ended:
		delete(c.members, info.ID)
		if info.ID != c.dialing {
			break
		}
		c.dialing = 0
		if err := callResult(info); err != nil {
			r.finish(err)
			break
		}
		r.invite()
	}
	return true
}
