package keys

import (
	"offhook/ua"
	"offhook/ua/call"
)

// Facts is what a binding may depend on.
type Facts struct {
	// Call says that a call is selected; the next five are its.
	Call      bool
	State     call.State
	Hold      ua.Hold
	Focus     bool
	Muted     bool
	Recording bool
	// Live counts the calls that haven't ended.
	Live     int
	Accounts int
	LineText bool // the dial line isn't empty
	History  bool // there is something to recall
	CanAdd   bool // accounts can be saved
	Desk     Desk
	InCalls  bool // the calls have the focus
	LogOpen  bool
	LogLines bool // the log has a line to open
	Sound    bool // the sound devices can be changed
	// Up counts the calls that are up, Joined those of them in the conference.
	Up, Joined  int
	Conference  bool // the selected call takes part
	Transfer    call.TransferState
	DND         bool
	Choices     bool // the prompt has something to choose from
	PromptText  bool // the prompt's line isn't empty
	Transferred bool // the prompt is about a transfer
}

// Need is a condition without which a binding does nothing.
type Need uint8

const (
	NeedCall Need = iota
	NeedRinging
	NeedTalking
	NeedAnswerable
	NeedOther
	NeedTarget
	NeedEmptyLine
	NeedHistory
	NeedSuggestion
	NeedContacts
	NeedEntry
	NeedRecorded
	NeedWritable
	NeedText
	NeedMailbox
	NeedLamp
	NeedAccount
	NeedAccounts
	NeedCanAdd
	NeedTwoUp
	NeedApart
	NeedConference
	NeedNoTransfer
	NeedChoices
	NeedTransferred
	NeedLogLine
	NeedSound
)

// needs gives each Need its test and the reason a person is told.
var needs = [...]struct {
	met    func(Facts) bool
	reason string
}{
	NeedCall:        {func(f Facts) bool { return f.Call && f.State != call.Ended }, "there is no call"},
	NeedRinging:     {func(f Facts) bool { return f.Call && f.State == call.Incoming }, "no call is ringing here"},
	NeedTalking:     {func(f Facts) bool { return f.Call && f.State == call.Confirmed }, "the call hasn’t been answered yet"},
	NeedAnswerable:  {answerable, "the call is already yours"},
	NeedOther:       {func(f Facts) bool { return f.Live > 1 }, "there is no second call"},
	NeedTarget:      {func(f Facts) bool { return f.LineText }, "type a number or an address first"},
	NeedEmptyLine:   {func(f Facts) bool { return !f.LineText }, "the dial line has text in it"},
	NeedHistory:     {func(f Facts) bool { return f.History || f.Desk.Suggestions }, "nobody was called yet"},
	NeedSuggestion:  {func(f Facts) bool { return f.Desk.Suggestions }, "there is nothing to complete"},
	NeedContacts:    {func(f Facts) bool { return f.Desk.Contacts }, "contacts aren’t kept here"},
	NeedEntry:       {func(f Facts) bool { return f.Desk.Entry }, "nothing is selected"},
	NeedRecorded:    {func(f Facts) bool { return f.Desk.Deletable }, "nothing is selected that could be deleted"},
	NeedWritable:    {func(f Facts) bool { return f.Desk.Writable }, "there is nobody to write to"},
	NeedText:        {func(f Facts) bool { return f.Desk.Text }, "type a text first"},
	NeedMailbox:     {func(f Facts) bool { return f.Desk.Mailbox }, "no number of the mailbox is known: voicemail in the account’s configuration names it"},
	NeedLamp:        {func(f Facts) bool { return f.Desk.Ringing }, "no phone rings that is watched"},
	NeedAccount:     {func(f Facts) bool { return f.Accounts > 0 }, "there is no account"},
	NeedAccounts:    {func(f Facts) bool { return f.Accounts > 1 }, "there is only one account"},
	NeedCanAdd:      {func(f Facts) bool { return f.CanAdd }, "accounts can’t be saved here"},
	NeedTwoUp:       {func(f Facts) bool { return f.Up > 1 && f.Joined < f.Up }, "there are no two calls up to join"},
	NeedApart:       {func(f Facts) bool { return !f.Conference || f.Joined < f.Live }, "everybody is in the conference"},
	NeedConference:  {func(f Facts) bool { return f.Conference }, "the call isn’t in a conference"},
	NeedNoTransfer:  {func(f Facts) bool { return !f.Transfer.Active() }, "the call is being transferred already"},
	NeedChoices:     {func(f Facts) bool { return f.Choices }, "there is nothing to choose from"},
	NeedTransferred: {func(f Facts) bool { return f.Transferred && f.PromptText }, "type who to ask first"},
	NeedSound:       {func(f Facts) bool { return f.Sound }, "sound devices can’t be changed here"},
	NeedLogLine:     {func(f Facts) bool { return f.LogLines }, "the log is empty"},
}

// answerable: Enter answers what rings here, and takes up a call when another one
// has the audio.
func answerable(f Facts) bool {
	switch f.State {
	case call.Incoming:
		return true
	case call.Confirmed:
		return !f.Focus && f.Live > 1
	case call.Idle, call.Calling, call.Early, call.Answering, call.Closing, call.Ended:
	}
	return false
}

// Reason is the sentence that says why a need isn't met.
func (n Need) Reason() string { return needs[n].reason }

// Met reports whether the facts satisfy the need.
func (n Need) Met(f Facts) bool { return needs[n].met(f) }
