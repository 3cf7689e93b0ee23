package ua

import "offhook/ua/call"

// What a held peer hears: nothing, or music. The microphone is cut at once in either case.
//
//	hold --> Send off --> file opened (worker) --> music on, Send on
//	resume --> music off, Send on

// followHold starts or stops the music after a step that changed the desired hold.
func (c *phoneCall) followHold(was call.Hold) {
	now := c.m.Hold().Desired
	if c.agent.cfg.HoldMusic == "" || now == was.Desired || c.session == nil {
		return
	}
	s := c.session
	if !now {
		c.music = false
		s.StopMusic()
		c.direct()
		return
	}
	a := c.agent
	a.inFiles("hold-music", c, func() error { return s.Music(a.cfg.HoldMusic) }, func() {
		if !c.m.Hold().Desired {
			s.StopMusic() // resumed meanwhile
			return
		}
		c.music = true
		c.direct()
	})
}
