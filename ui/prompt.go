package ui

import (
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/keys"
	"offhook/ui/overlay"
	"offhook/ui/pane"
	"offhook/ui/people"
	"offhook/ui/words"
)

// asked is what a prompt is for.
type asked uint8

const (
	askTransfer asked = iota // where to send the other side, or with which call to connect it
	askSendOn                // where to send a caller
	askCode                  // what to answer a caller
)

// prompt is the open prompt: what it is for, and the call that it belongs to.
type prompt struct {
	*overlay.Prompt
	what asked
	call ua.CallID
	// others are the calls behind the choices of a transfer.
	others []ua.CallID
	// offered and offer are the choices, and the chosen one, while nothing is typed.
	offered []string
	offer   int
	found   []people.Suggestion // what completes the line, which then are the choices
}

// refusals are the answers that one may choose, with the words for them.
var refusals = [...]struct {
	code int
	text string
}{
	{486, "486 busy"},
	{480, "480 not available just now"},
	{603, "603 declined, on every phone of the account"},
	{404, "404 there is no such number"},
	{403, "403 not allowed"},
	{488, "488 nothing that both sides could speak"},
}

// openPrompt asks for what an action needs.
func (m *Model) openPrompt(c *pane.Call, what asked) {
	who := words.Party(c.Info)
	p := &prompt{Prompt: &overlay.Prompt{Chosen: -1}, what: what, call: c.Info.ID}
	switch what {
	case askTransfer:
		p.Title, p.Hint = "Transfer "+who+" to", "a name or number; tab asks first"
		for _, o := range m.calls {
			if o == c || !connectable(o.Info) {
				continue
			}
			if m.consults[o.Info.ID] == c.Info.ID || m.consults[c.Info.ID] == o.Info.ID {
				p.Chosen = len(p.others)
			}
			p.others = append(p.others, o.Info.ID)
			p.Choices = append(p.Choices, words.Party(o.Info)+", "+words.State(o.Info))
		}
		if p.Chosen < 0 && len(p.others) > 0 {
			p.Chosen = 0
		}
	case askSendOn:
		p.Title, p.Hint = "Send "+who+" on to", "number or address"
	case askCode:
		p.Title, p.Hint = "Reject "+who+" with", "a code from 400 to 699"
		p.Chosen = 0
		for _, r := range refusals {
			p.Choices = append(p.Choices, r.text)
		}
	}
	p.offered, p.offer = p.Choices, p.Chosen
	m.prompt = p
}

// completePrompt offers what fits to what was typed, in the place of the first choices.
func (m *Model) completePrompt() {
	p := m.prompt
	p.Failed, p.found, p.Choices, p.Chosen = "", nil, p.offered, p.offer
	if p.Empty() {
		return
	}
	p.Chosen = -1
	if p.what == askCode {
		return
	}
	p.found = people.Suggest(p.Text(), m.desk.book, m.desk.past, m.domainOf(m.accountOf(p.call)), maxSuggestions)
	p.Choices = make([]string, len(p.found))
	for i, s := range p.found {
		p.Choices[i] = words.Address(s.Target)
		if s.Name != "" {
			p.Choices[i] = s.Name + " (" + p.Choices[i] + ")"
		}
	}
}

// accountOf is the account of a call, or the current one.
func (m *Model) accountOf(id ua.CallID) string {
	if c := m.call(id); c != nil {
		return c.Info.Account
	}
	return m.account
}

// target is whom the prompt names: the chosen suggestion, or what was typed, which may be
// a name in the address book. Empty is nobody; why not, if there is a reason, is shown.
func (m *Model) target() string {
	p := m.prompt
	if p.Chosen >= 0 && p.Chosen < len(p.found) {
		return p.found[p.Chosen].Target
	}
	typed := strings.TrimSpace(p.Text())
	if typed == "" {
		return ""
	}
	to, err := m.desk.book.Target(typed)
	if err != nil {
		p.Failed = err.Error()
		return ""
	}
	return to
}

// connectable reports a call whose other side can be connected with somebody.
func connectable(c ua.CallInfo) bool {
	return (c.State == call.Confirmed || c.State == call.Early || c.State == call.Calling) && !c.Transfer.State.Active()
}

// submit does what the prompt is for, and closes it unless that makes no sense.
func (m *Model) submit() tea.Cmd {
	p := m.prompt
	c := m.call(p.call)
	if c == nil {
		m.prompt = nil
		return nil
	}
	p.Failed = ""
	text, to := strings.TrimSpace(p.Text()), ""
	if p.what != askCode {
		to = m.target()
	}
	switch {
	case p.Failed != "":
		return nil
	case p.what != askCode && to == "" && len(p.others) == 0:
		p.Failed = "type a number or an address, or esc to leave"
		return nil
	}
	switch p.what {
	case askTransfer:
		switch {
		case to != "":
			m.phone.Transfer(p.call, to)
		case p.Chosen >= 0 && p.Chosen < len(p.others) && m.call(p.others[p.Chosen]) != nil:
			m.connect(p.call, p.others[p.Chosen])
		default:
			p.Failed = "that call has ended; type a number, or choose another one"
			return nil
		}
	case askSendOn:
		c.Choice = pane.Refused
		m.phone.Redirect(p.call, to)
	case askCode:
		code, err := refusals[max(p.Chosen, 0)].code, error(nil)
		if text != "" {
			code, err = strconv.Atoi(text)
		}
		if err != nil || code < 400 || code > 699 {
			p.Failed = "a refusal has a code from 400 to 699"
			return nil
		}
		c.Choice = pane.Refused
		m.phone.Reject(p.call, code, "")
	}
	m.prompt = nil
	return m.nextQuestion()
}

// connect joins the other sides of two calls and leaves. The one that was asked about
// the transfer is where the other one is sent to.
func (m *Model) connect(id, other ua.CallID) {
	if m.consults[id] == other {
		id, other = other, id
	}
	if c := m.call(id); c != nil && c.Info.State != call.Confirmed { // only one that is up can be sent
		id, other = other, id
	}
	m.phone.TransferTo(id, other)
}

// askFirst calls whom the line names, to talk before the transfer. The call to be
// transferred goes on hold.
func (m *Model) askFirst() {
	p := m.prompt
	c, target := m.call(p.call), m.target()
	if target == "" {
		return
	}
	m.prompt = nil
	if c == nil {
		return
	}
	id := m.phone.Dial(ua.DialRequest{Account: c.Info.Account, Target: target})
	if id == 0 {
		return
	}
	m.consults[id] = p.call
	m.placed(id, c.Info.Account, target)
	m.call(id).Purpose = "t connects " + words.Party(c.Info)
}

// fetch takes a call that rings elsewhere, or is parked, at what the dial line says.
func (m *Model) fetch(a keys.Action) {
	target := m.dial.Take()
	if target == "" {
		return
	}
	var id ua.CallID
	if a == keys.Pickup {
		id = m.phone.Pickup(ua.PickupRequest{Account: m.account, Target: target})
	} else {
		id = m.phone.Retrieve(m.account, target)
	}
	if id != 0 {
		m.placed(id, m.account, target)
	}
}
