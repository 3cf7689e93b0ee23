package call

import "slices"

// MaxForks bounds the early dialogs that are remembered, and the dialogs of
// further 2xx: far more than phones ring at once.
const MaxForks = 64

// fork is an early dialog: one callee behind a forking proxy (RFC 3261, section
// 12.1). Each has its own answer to our one offer.
//
//	1xx --> known --answer--> answered --reliable answer--> settled
//	             \--------------- 199: over --------------/
type fork struct {
	tag     string
	rang    bool   // a 180 came
	rseq    uint32 // of its newest reliable response; 0 for none
	round   Round  // of the INVITE that rseq belongs to
	body    Body   // its answer, or its offer when ours was left to it
	settled bool   // that came reliably: offer and answer are complete here
	hold    bool   // the direction in force says that we hold
	update  bool   // it takes UPDATE
	gone    bool   // a 199 ended it
}

// fork finds an early dialog.
func (m *Machine) fork(tag string) *fork {
	for i := range m.forks {
		if m.forks[i].tag == tag {
			return &m.forks[i]
		}
	}
	return nil
}

// learnFork is fork for a response that makes one; nil if there are too many.
func (m *Machine) learnFork(in Response) *fork {
	f := m.fork(in.Tag)
	if f == nil {
		if len(m.forks) >= MaxForks {
			return nil
		}
		m.forks = append(m.forks, fork{tag: in.Tag, hold: m.offered})
		f = &m.forks[len(m.forks)-1]
	}
	if in.Peer.Known {
		f.update = in.Peer.Update
	}
	return f
}

// answered takes a fork's answer in force for it, and for the call unless another
// fork's media is heard: what flows is followed, not what was said last (interop 22).
func (m *Machine) answered(f *fork, b Body) {
	f.body = b
	m.forks = slices.Clone(m.forks) // the newest answer comes last
	g := *f
	m.forks = slices.DeleteFunc(m.forks, func(o fork) bool { return o.tag == g.tag })
	m.forks = append(m.forks, g)
	aside := m.flowing && m.follow != "" && m.follow != g.tag
	if !aside {
		m.follow = g.tag
	}
	m.do(Apply{Tag: g.tag, Desc: b.Desc, Early: true, Aside: aside})
}

// onFlow hears that RTP of a fork flows, or that all fell silent. A tag that
// nothing is known of changes the ringback only.
func (m *Machine) onFlow(in Flow) {
	m.flowing = in.On
	if !in.On || m.state != Early || in.Tag == m.follow {
		return
	}
	if f := m.fork(in.Tag); f != nil && f.body.Kind == UsableSDP {
		m.follow = in.Tag
		m.do(Follow{in.Tag})
	}
}

// Follows says that the media of the dialog of tag is the call's.
func (m *Machine) Follows(tag string) bool { return m.state != Early || m.follow == tag }

// dropFork ends an early dialog that a 199 tells to be over (RFC 6228, section 4).
// The newest of the others that has an answer is followed.
func (m *Machine) dropFork(tag string) {
	f := m.fork(tag)
	f.gone, f.rang, f.body = true, false, Body{}
	if m.follow != tag {
		return
	}
	m.follow, m.flowing = "", false
	for _, f := range m.forks {
		if f.body.Kind == UsableSDP {
			m.follow = f.tag
		}
	}
	m.do(Follow{m.follow})
}

// rings says that some callee's phone rings.
func (m *Machine) rings() bool {
	return slices.ContainsFunc(m.forks, func(f fork) bool { return f.rang })
}
