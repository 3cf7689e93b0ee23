package keys

// Action is what a key asks for.
type Action uint8

const (
	None Action = iota

	Quit
	Help
	ToggleLog
	SwitchFocus
	Hangup
	Reregister
	NextAccount
	AddAccount

	Dial
	ClearLine
	Older
	Newer
	CharLeft
	CharRight
	LineStart
	LineEnd
	DeleteLeft
	DeleteRight
	DeleteWord
	DeleteToStart
	DeleteToEnd

	PreviousCall
	NextCall
	Answer
	Hold
	Mute
	Swap
	Record
	Keypad
	NewCall
	SendDigit

	Reject
	Decline
	Ignore

	Complete
	Contacts
	History
	Messages
	CallVoicemail
	EditPresence
	PickupLamp
	WriteTo
	AddContact
	CallEntry
	EditEntry
	DeleteEntry
	WatchEntry
	OpenChat
	SendText
	ClosePanel

	LineUp
	LineDown
	PageUp
	PageDown
	First
	Last
	Open
	Close

	Confirm
	Cancel

	NextField
	PreviousField
	SkipForm

	Transfer
	Park
	Conference
	Split
	HangupAll
	CallDetails
	SendOn
	RejectWith
	Pickup
	Retrieve
	ToggleDND
	EditPolicy
	AccountDetails

	Submit
	AskFirst
	ChoiceUp
	ChoiceDown
	CloseBox
	Toggle

	Agree
	Refuse

	Devices
	TakeDevice
)

// Context is where the keys go: one at a time.
type Context uint8

const (
	Anywhere Context = iota // in every context but the form, after the context's own keys
	InDial
	InCalls
	InLog
	InIncoming
	InKeypad
	InContacts
	InHistory
	InMessages
	InChat
	InCard
	InPresence
	InReader // help, or a message opened from the log
	InQuit
	InForm
	InPrompt
	InPolicy
	InConsent
	InDevices
)

// Title is the context's heading in help and docs.
func (c Context) Title() string {
	switch c {
	case Anywhere:
		return "Anywhere"
	case InDial:
		return "Dial line"
	case InCalls:
		return "Calls"
	case InLog:
		return "Log"
	case InIncoming:
		return "Incoming call"
	case InKeypad:
		return "Keypad"
	case InContacts:
		return "Contacts"
	case InHistory:
		return "Calls that were"
	case InMessages:
		return "Messages"
	case InChat:
		return "Conversation"
	case InCard:
		return "Contact form"
	case InPresence:
		return "Your presence"
	case InReader:
		return "Help and messages"
	case InQuit:
		return "Quit?"
	case InForm:
		return "Account form"
	case InPrompt:
		return "Transfer, send on, reject with a code"
	case InPolicy:
		return "Do not disturb and forwarding"
	case InDevices:
		return "Sound devices"
	case InConsent:
		return "Question from the other side"
	}
	return ""
}

// Contexts lists all contexts in the order in which people meet them.
func Contexts() []Context {
	return []Context{InDial, InCalls, InIncoming, InPrompt, InConsent, InKeypad, Anywhere, InContacts, InCard, InHistory, InMessages, InChat, InPresence, InPolicy, InDevices, InLog, InReader, InQuit, InForm}
}
