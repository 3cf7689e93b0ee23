package call

import "time"

// Ask is how long the person has to answer what a re-INVITE asks: less than the
// three minutes after which a proxy gives it up (RFC 3261, section 16.6).
const Ask = 60 * time.Second

// Policy is what becomes of the peer's re-INVITE that changes the session.
type Policy uint8

const (
	Take   Policy = iota // take what we can of it
	Prompt               // the person decides
	Refuse               // 488: the session goes on as it was
)

// Consent is the person's answer to what a re-INVITE asks.
type Consent struct{ Accept bool }

func (Consent) input() {}

// Asking says that a re-INVITE waits for the person.
func (m *Machine) Asking() bool { return m.server == serverAsking }

// ask lets a re-INVITE wait. The 100 stops its retransmissions.
func (m *Machine) ask(in RemoteInvite) {
	m.req, m.server, m.asking = in.Req, serverAsking, in
	m.respond(in.Req, 100, "")
	m.setTimer(AskTimer, Ask)
}

func (m *Machine) onConsent(in Consent) {
	if m.server != serverAsking || m.state != Confirmed {
		return
	}
	m.stopTimer(AskTimer)
	if in.Accept {
		m.sendAccept(m.asking)
		return
	}
	m.refuseChange()
}

// refuseChange refuses the re-INVITE that waits: nobody agreed to it (RFC 3261,
// section 14.2).
func (m *Machine) refuseChange() {
	m.server = serverNone
	m.respond(m.req, 488, "")
	m.negotiate()
}
