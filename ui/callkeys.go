package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/keys"
	"offhook/ui/overlay"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// withCalls carries out what one does with calls beside making and taking them.
func (m *Model) withCalls(a keys.Action) tea.Cmd {
	switch a {
	case keys.ChoiceUp, keys.ChoiceDown, keys.Submit, keys.AskFirst, keys.Toggle, keys.CloseBox:
		return m.inBox(a)
	case keys.Pickup, keys.Retrieve:
		m.fetch(a)
		return nil
	case keys.ToggleDND:
		p := m.phone.Policy()
		p.DND = !p.DND
		m.phone.SetPolicy(p)
		return nil
	case keys.EditPolicy:
		m.policyForm = overlay.NewPolicy(m.theme, m.phone.Policy())
		return nil
	case keys.AccountDetails:
		m.reader = overlay.Facts(m.theme, "Account "+m.account, m.accountFacts)
		return nil
	case keys.Agree, keys.Refuse:
		return m.consent(a == keys.Agree)
	default:
	}
	c := m.current()
	if r := m.call(m.ringing); r != nil && (a == keys.SendOn || a == keys.RejectWith) {
		c = r
	}
	if c == nil {
		return nil
	}
	switch a {
	case keys.Transfer:
		m.openPrompt(c, askTransfer)
	case keys.SendOn:
		m.openPrompt(c, askSendOn)
	case keys.RejectWith:
		m.openPrompt(c, askCode)
	case keys.Park:
		m.phone.Park(c.Info.ID)
	case keys.Conference:
		m.phone.Conference()
	case keys.Split:
		m.phone.Split(c.Info.ID)
	case keys.HangupAll:
		for _, o := range m.calls {
			if o.Info.Conference {
				m.phone.Hangup(o.Info.ID)
			}
		}
	case keys.CallDetails:
		m.reader = overlay.Facts(m.theme, "Call with "+words.Party(c.Info), func() []words.Fact { return pane.Facts(c) })
	default:
	}
	return nil
}

// inBox carries out the keys of the prompt and of the policy form.
func (m *Model) inBox(a keys.Action) tea.Cmd {
	form := m.policyForm
	switch {
	case form != nil:
		switch a {
		case keys.ChoiceUp:
			form.Move(-1)
		case keys.ChoiceDown:
			form.Move(1)
		case keys.Toggle:
			form.Toggle()
		case keys.Submit:
			if p, err := form.Value(); err == nil {
				m.policyForm = nil
				m.phone.SetPolicy(p)
			}
		case keys.CloseBox:
			m.policyForm = nil
		default:
		}
	case m.prompt != nil:
		switch a {
		case keys.ChoiceUp:
			m.prompt.Choose(-1)
		case keys.ChoiceDown:
			m.prompt.Choose(1)
		case keys.Submit:
			return m.submit()
		case keys.AskFirst:
			m.askFirst()
		case keys.CloseBox:
			m.prompt = nil
		default:
		}
	}
	return nil
}

// boxLine is the line that has the cursor: of the prompt, the policy form or the dial
// line; nil on the form's switch.
func (m *Model) boxLine() *pane.Line {
	ctx := m.context()
	if !m.settled(ctx) {
		ctx = m.below()
	}
	switch ctx {
	case keys.InPrompt:
		m.prompt.Failed = ""
		return &m.prompt.Line
	case keys.InPolicy:
		m.policyForm.Edited()
		return m.policyForm.Line()
	default:
		if l := m.line(ctx); l != nil {
			return l
		}
		return &m.dial.Line
	}
}

// typeInto puts text into the prompt or the form. A space on the form's switch turns it.
func (m *Model) typeInto(ctx keys.Context, text string) {
	switch ctx {
	case keys.InPrompt:
		m.prompt.Insert(text)
		m.completePrompt()
	case keys.InPolicy:
		m.policyForm.Edited()
		if l := m.policyForm.Line(); l != nil {
			l.Insert(text)
		} else if text == " " {
			m.policyForm.Toggle()
		}
	default:
	}
}

// callFacts adds what the bindings of calls depend on.
func (m *Model) callFacts(f *keys.Facts) {
	for _, c := range m.calls {
		if c.Info.State == call.Confirmed {
			f.Up++
			if c.Info.Conference {
				f.Joined++
			}
		}
	}
	if c := m.current(); c != nil {
		f.Conference, f.Transfer = c.Info.Conference, c.Info.Transfer.State
	}
	f.DND = m.policy.DND
	if p := m.prompt; p != nil {
		f.Choices, f.PromptText, f.Transferred = len(p.Choices) > 0, !p.Empty(), p.what == askTransfer
	}
}

// accountFacts is all about the current account.
func (m *Model) accountFacts() []words.Fact {
	for _, r := range m.registrations {
		if r.Account == m.account {
			return words.Account(r, m.refused[r.Account], m.now)
		}
	}
	return nil
}

// placed shows a call that was just asked for, before the Agent's first event.
func (m *Model) placed(id ua.CallID, account, target string) {
	m.status = status{}
	m.selected, m.focus = id, keys.InCalls
	if m.call(id) == nil {
		m.calls = append(m.calls, &pane.Call{Levels: pane.Silence(), Microphone: m.microphone(), Info: ua.CallInfo{
			ID: id, Account: account, RemoteURI: target, RemoteName: m.desk.book.Name(target), Created: m.now,
		}})
	}
}
