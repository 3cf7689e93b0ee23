package ui

import (
	"time"

	"offhook/ua"
	"offhook/ua/trace"
	"offhook/ui/overlay"
	"offhook/ui/theme"
)

// Log is where the log pane reads SIP messages; *trace.Ring is one.
type Log interface {
	// Snapshot is what was recorded so far, oldest first.
	Snapshot() []trace.Record
	// Subscribe gives the records to come, until cancel closes the channel.
	Subscribe(depth int) (records <-chan trace.Record, cancel func())
}

// AccountForm is what a person typed into the account form, validated.
type AccountForm = overlay.AccountForm

// Options are the parts of a screen. Only Phone is required.
type Options struct {
	Phone ua.Phone
	// Log feeds the log pane. Nil shows notices only.
	Log Log
	// FirstRun opens the account form at start.
	FirstRun bool
	// SaveAccount stores the account and gives it to the Phone (AddAccount), with
	// the defaults that config adds. It may block; its error is shown as it
	// reads. Nil hides the form.
	SaveAccount func(AccountForm) error
	Version     string
	// Theme is how to draw. The zero value asks the terminal; theme.FromEnv reads
	// NO_COLOR, TERM and the locale.
	Theme theme.Options
	// Notice is shown while no call is up, such as "demo: dial echo".
	Notice string
	// Dialled is what was dialled before, oldest first.
	Dialled []string
	// Contacts is the address book. Nil for none.
	Contacts Contacts
	// Journal is where calls are recorded. Nil keeps those of this run only.
	Journal Journal
	// Voicemail is what each account dials to hear its mailbox, by the account's name.
	Voicemail map[string]string
	// Insecure names the accounts that believe every server; empty for none. It is on the
	// screen all the time.
	Insecure string
	// Impaired says how the network is made bad on purpose, as --impair spells it; empty for
	// not at all. It is on the screen all the time.
	Impaired string
	// Voice says what a card's microphone goes through, for the details of a call;
	// VoiceEverywhere that files and tones do too.
	Voice           string
	VoiceEverywhere bool
	// Sound is the devices of this machine, Devices those that are in use at the start. A
	// nil Sound hides them.
	Sound   Sound
	Devices overlay.Sound
	// RecordNotice says that both sides hear of a recording.
	RecordNotice bool
	// RecordFormat is the extension of recordings, with its dot. Empty means ".wav".
	RecordFormat string
	// RecordDirectory is what people call the working directory, where recordings are.
	RecordDirectory string
	// RecordPath names the file for a recording. Nil means a name with date, time
	// and party in the working directory.
	RecordPath func(ua.CallInfo, time.Time) string
	// Now tells the time. Nil means time.Now.
	Now func() time.Time
}
