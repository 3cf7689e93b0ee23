package keys

// Desk is what the bindings beside calls depend on: people, messages, lamps, history.
type Desk struct {
	Suggestions bool // something completes the dial line
	Contacts    bool // the address book can be changed
	Entry       bool // the open list has a selected entry, or a typed address
	Deletable   bool // the selected entry can be deleted
	Writable    bool // there is an address to write to
	Watched     bool // the selected entry has a lamp
	Text        bool // the line to send isn't empty
	Mailbox     bool // it is known what to dial to hear the mailbox
	Ringing     bool // a phone rings that is watched
	Unread      bool // a message wasn't seen
	Missed      bool // a missed call wasn't looked at
}

// types reports the contexts with a line to type in.
func types(ctx Context) bool {
	switch ctx {
	case InContacts, InHistory, InMessages, InChat, InCard, InPresence, InPrompt, InPolicy, InDevices:
		return true
	case Anywhere, InDial, InCalls, InLog, InIncoming, InConsent, InKeypad, InReader, InQuit, InForm:
	}
	return false
}

// deskTable is what one does with people beside calls. In lists what is typed searches, so
// commands need a control key there.
var deskTable = []Binding{
	{Context: InDial, Action: Complete, Keys: []string{"tab"}, Shown: "tab", Hint: "complete", Rank: 2,
		Help: "complete the line with the chosen suggestion, or the first", Needs: []Need{NeedSuggestion}, Quiet: true},

	{Context: InCalls, Action: WriteTo, Keys: []string{"w"}, Shown: "w", Help: "write a message to the other side", Needs: []Need{NeedCall}},
	{Context: InCalls, Action: AddContact, Keys: []string{"b"}, Shown: "b", Help: "put the other side into the address book", Needs: []Need{NeedCall, NeedContacts}},

	{Context: Anywhere, Action: Contacts, Keys: []string{"f6", "alt+c"}, Shown: "F6", Hint: "contacts", Rank: 11, Help: "contacts: search, call, write, edit"},
	{Context: Anywhere, Action: History, Keys: []string{"f7", "alt+h"}, Shown: "F7", Hint: "history", Rank: 12,
		Undo: "missed", Undoes: func(f Facts) bool { return f.Desk.Missed },
		Help: "calls that were: search, call again, write"},
	{Context: Anywhere, Action: Messages, Keys: []string{"f8", "alt+m"}, Shown: "F8", Hint: "messages", Rank: 13,
		Undo: "unread", Undoes: func(f Facts) bool { return f.Desk.Unread },
		Help: "messages: read and write"},
	{Context: Anywhere, Action: CallVoicemail, Keys: []string{"f9", "alt+v"}, Shown: "F9", Help: "call the account’s mailbox", Needs: []Need{NeedMailbox}},
	{Context: Anywhere, Action: EditPresence, Keys: []string{"alt+p"}, Shown: "alt+p", Help: "say whether you are there, and what you are up to", Needs: []Need{NeedAccount}},
	{Context: Anywhere, Action: PickupLamp, Keys: []string{"alt+u"}, Shown: "alt+u", Hint: "pick up", Rank: 2,
		Help: "pick up the call at a watched phone that rings", Needs: []Need{NeedLamp}},

	{Context: InContacts, Action: CallEntry, Keys: []string{"enter"}, Shown: "enter", Hint: "call", Rank: 1, Help: "call this address", Needs: []Need{NeedEntry}},
	{Context: InContacts, Action: WriteTo, Keys: []string{"ctrl+t"}, Shown: "ctrl+t", Hint: "write", Rank: 2, Help: "write a message", Needs: []Need{NeedEntry}},
	{Context: InContacts, Action: AddContact, Keys: []string{"ctrl+n"}, Shown: "ctrl+n", Hint: "new", Rank: 3, Help: "a new contact", Needs: []Need{NeedContacts}},
	{Context: InContacts, Action: EditEntry, Keys: []string{"ctrl+e"}, Shown: "ctrl+e", Hint: "edit", Rank: 4, Help: "edit the contact", Needs: []Need{NeedContacts, NeedRecorded}},
	{Context: InContacts, Action: DeleteEntry, Keys: []string{"ctrl+d"}, Shown: "ctrl+d", Hint: "delete", Rank: 5, Help: "delete the contact; asks first", Needs: []Need{NeedContacts, NeedRecorded}},
	{Context: InContacts, Action: WatchEntry, Keys: []string{"ctrl+g"}, Shown: "ctrl+g", Hint: "watch", Rank: 6,
		Undo: "unwatch", Undoes: func(f Facts) bool { return f.Desk.Watched },
		Help: "watch: a lamp shows whether they are free, until you quit; again: no more", Needs: []Need{NeedEntry, NeedAccount}},
	{Context: InContacts, Action: LineUp, Keys: []string{"up", "ctrl+p", "shift+tab"}, Shown: "↑", Help: "one line up"},
	{Context: InContacts, Action: LineDown, Keys: []string{"down", "tab"}, Shown: "↓", Help: "one line down"},
	{Context: InContacts, Action: PageUp, Keys: []string{"pgup"}, Shown: "pgup", Help: "one page up"},
	{Context: InContacts, Action: PageDown, Keys: []string{"pgdown"}, Shown: "pgdn", Help: "one page down"},
	{Context: InContacts, Action: ClosePanel, Keys: []string{"esc"}, Shown: "esc", Hint: "close", Rank: 7, Help: "close"},

	{Context: InCard, Action: NextField, Keys: []string{"enter", "tab", "down"}, Shown: "enter", Hint: "next, save", Rank: 1, Help: "next field; saves after the last one"},
	{Context: InCard, Action: PreviousField, Keys: []string{"shift+tab", "up"}, Shown: "↑", Hint: "back", Rank: 2, Help: "previous field"},
	{Context: InCard, Action: ClosePanel, Keys: []string{"esc"}, Shown: "esc", Hint: "leave", Rank: 3, Help: "leave the form without saving"},

	{Context: InHistory, Action: CallEntry, Keys: []string{"enter"}, Shown: "enter", Hint: "call", Rank: 1, Help: "call again, or back", Needs: []Need{NeedWritable}},
	{Context: InHistory, Action: WriteTo, Keys: []string{"ctrl+t"}, Shown: "ctrl+t", Hint: "write", Rank: 2, Help: "write a message", Needs: []Need{NeedWritable}},
	{Context: InHistory, Action: AddContact, Keys: []string{"ctrl+n"}, Shown: "ctrl+n", Hint: "to contacts", Rank: 3, Help: "put the other side into the address book", Needs: []Need{NeedWritable, NeedContacts}},
	{Context: InHistory, Action: DeleteEntry, Keys: []string{"ctrl+d"}, Shown: "ctrl+d", Hint: "delete", Rank: 4, Help: "delete the call from the list; asks first", Needs: []Need{NeedRecorded}},
	{Context: InHistory, Action: LineUp, Keys: []string{"up", "ctrl+p", "shift+tab"}, Shown: "↑", Help: "one line up"},
	{Context: InHistory, Action: LineDown, Keys: []string{"down", "tab"}, Shown: "↓", Help: "one line down"},
	{Context: InHistory, Action: PageUp, Keys: []string{"pgup"}, Shown: "pgup", Help: "one page up"},
	{Context: InHistory, Action: PageDown, Keys: []string{"pgdown"}, Shown: "pgdn", Help: "one page down"},
	{Context: InHistory, Action: ClosePanel, Keys: []string{"esc"}, Shown: "esc", Hint: "close", Rank: 5, Help: "close"},

	{Context: InMessages, Action: OpenChat, Keys: []string{"enter"}, Shown: "enter", Hint: "open", Rank: 1,
		Help: "open the conversation, or begin one with the address that was typed", Needs: []Need{NeedEntry}},
	{Context: InMessages, Action: CallEntry, Keys: []string{"ctrl+t"}, Shown: "ctrl+t", Hint: "call", Rank: 2, Help: "call them", Needs: []Need{NeedEntry}},
	{Context: InMessages, Action: LineUp, Keys: []string{"up", "ctrl+p", "shift+tab"}, Shown: "↑", Help: "one line up"},
	{Context: InMessages, Action: LineDown, Keys: []string{"down", "tab"}, Shown: "↓", Help: "one line down"},
	{Context: InMessages, Action: PageUp, Keys: []string{"pgup"}, Shown: "pgup", Help: "one page up"},
	{Context: InMessages, Action: PageDown, Keys: []string{"pgdown"}, Shown: "pgdn", Help: "one page down"},
	{Context: InMessages, Action: ClosePanel, Keys: []string{"esc"}, Shown: "esc", Hint: "close", Rank: 3, Help: "close"},

	{Context: InChat, Action: SendText, Keys: []string{"enter"}, Shown: "enter", Hint: "send", Rank: 1, Help: "send the text", Needs: []Need{NeedText}},
	{Context: InChat, Action: CallEntry, Keys: []string{"ctrl+t"}, Shown: "ctrl+t", Hint: "call", Rank: 2, Help: "call them"},
	{Context: InChat, Action: LineUp, Keys: []string{"up"}, Shown: "↑", Help: "one line up"},
	{Context: InChat, Action: LineDown, Keys: []string{"down"}, Shown: "↓", Help: "one line down"},
	{Context: InChat, Action: PageUp, Keys: []string{"pgup"}, Shown: "pgup", Hint: "earlier", Rank: 4, Help: "one page up"},
	{Context: InChat, Action: PageDown, Keys: []string{"pgdown"}, Shown: "pgdn", Help: "one page down"},
	{Context: InChat, Action: ClosePanel, Keys: []string{"esc"}, Shown: "esc", Hint: "back", Rank: 3, Help: "back; what was typed stays"},

	{Context: InPresence, Action: SendText, Keys: []string{"enter"}, Shown: "enter", Hint: "publish", Rank: 1, Help: "publish it"},
	{Context: InPresence, Action: LineUp, Keys: []string{"up", "shift+tab"}, Shown: "↑", Help: "the state before"},
	{Context: InPresence, Action: LineDown, Keys: []string{"down", "tab"}, Shown: "↓", Hint: "choose", Rank: 2, Help: "the next state"},
	{Context: InPresence, Action: ClosePanel, Keys: []string{"esc"}, Shown: "esc", Hint: "leave", Rank: 3, Help: "leave it as it is"},
}
