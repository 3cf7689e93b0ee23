package config

import (
	"log/slog"
	"time"
)

// Version is the layout of the file that this program reads and writes.
const Version = 1

// Secret is a password written into the file. It prints, marshals and logs as
// "[redacted]".
type Secret string

const redacted = "[redacted]"

func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Config is the whole file. Default gives the values of keys that aren't set.
type Config struct {
	Version        int
	DefaultAccount string
	Accounts       []Account
	Audio          Audio
	Media          Media
	Calls          Calls
	SIP            SIP
	History        History
	Contacts       Contacts
	UI             UI
	Rules          Rules
	Rings          []Ring
}

// Account is one [[account]] table. Empty strings and zero durations fall back
// to [media] or to what the user agent does by itself.
type Account struct {
	Name, AOR, DisplayName, AuthUser string
	// At most one of the five says where the password comes from.
	Password        Secret
	PasswordFile    string
	PasswordEnv     string
	PasswordKeyring bool
	PasswordPrompt  bool

	Registrar, OutboundProxy string
	STUN                     string
	// ICE is off, on, required or relay; TURN are URIs with commas between them.
	ICE, TURN, TURNUser string
	// At most one of the four says where the relays' password comes from.
	TURNPassword        Secret
	TURNPasswordFile    string
	TURNPasswordEnv     string
	TURNPasswordKeyring bool
	Transport           string
	// TLSPin is checked by whoever uses it; the files are read by them too.
	TLSCA, TLSCert, TLSKey string
	TLSPin, TLSServerName  string
	// TLSClientCA is whom those that connect to us have to be vouched for by; Insecure believes
	// every server.
	TLSClientCA       string
	Insecure          bool
	WSPath            string
	KeepAlive         string
	KeepAliveInterval time.Duration
	MediaKeepAlive    time.Duration
	Listen            string
	Register          bool
	Expires           time.Duration
	Codecs            []string
	Ptime             time.Duration
	DTMF              string
	Headers           []string
	// Refer is accept, called, ask or refuse; empty is ask on the screen, called elsewhere.
	Refer string
	// The PBX's feature codes.
	ParkCode, RetrieveCode, PickupCode string
	Reliable                           string
	SessionExpires, MinSE              time.Duration
	SessionRefresher                   string
	Reinvites                          string
	Redirects                          string
	// Accept is "auto", "known" or "any": whose calls are taken.
	Accept string
	// Outbound and GRUU are auto, on or off; Instance is a URN.
	Outbound, GRUU, Instance string
	Retry                    time.Duration
	// Voicemail is a number; Watch and AllowWatchers are numbers, addresses and patterns.
	Voicemail             string
	SubscribeMWI, Publish bool
	Watch, AllowWatchers  []string
	// SRTP is auto, off, optional, required or dtls; SRTPSuites are names of suites.
	SRTP       string
	SRTPSuites []string
	// QualityReport is a collector's URI; empty is nobody's.
	QualityReport string

	Organization, Privacy, Identity string
	Realm                           string
	Credentials                     []Credential
}

// NewAccount is an account with the defaults of the keys that the file leaves out.
func NewAccount() Account {
	a := Account{}
	setDefaults(accountKeys(), &a)
	return a
}

// Audio names the devices.
type Audio struct {
	Input, Output, Ring string
	Tones               string
	// JitterMin and JitterMax bound the delay of the jitter buffer.
	JitterMin, JitterMax time.Duration
	// What a sound card's microphone goes through, in the words of audio/dsp/voice.
	EchoCanceller, NoiseSuppression, GainControl string
	RecordLayout                                 string
	RecordNotice                                 bool
	RecordFormat                                 string
}

// Media holds what accounts share unless they say otherwise.
type Media struct {
	Codecs           []string
	Ptime            time.Duration
	DTMF             string
	PortMin, PortMax int
	// OpusBitrate is in bit/s, 0 for what the band needs. OpusFEC and OpusDTX are
	// "auto", "on" or "off".
	OpusBitrate, OpusComplexity int
	OpusFEC, OpusDTX            string
	// VAD leaves pauses out; Mute is "silence" or "comfort-noise".
	VAD  bool
	Mute string
	// Interval is how often events tell a call's statistics; 0 is never.
	Interval time.Duration
	// Impair is a bad network on purpose, as audio/impair reads it.
	Impair string
}

// Calls is policy for all calls.
type Calls struct {
	Max         int
	RingTimeout time.Duration
	HoldMusic   string
	// DND refuses calls; the Forward keys send them on.
	DND                                         bool
	ForwardAlways, ForwardBusy, ForwardNoAnswer string
	ForwardAfter                                time.Duration
	// AutoAnswer is "off", "listed" or "all".
	AutoAnswer     string
	AutoAnswerFrom []string
}

// History says whether ended calls are recorded, and for how many days they are
// kept; 0 is for ever.
type History struct {
	Keep bool
	Days int
}

// Contacts says where the address book is.
type Contacts struct{ Directory string }

// SIP is what accounts share in signalling.
type SIP struct {
	Nameservers    []string
	AttemptTimeout time.Duration
}

// UI is how the screen looks.
type UI struct{ Background string }

// Default is the configuration of an empty file.
func Default() Config {
	c := Config{}
	setDefaults(rootKeys(), &c)
	setDefaults(audioKeys(), &c.Audio)
	setDefaults(mediaKeys(), &c.Media)
	setDefaults(callKeys(), &c.Calls)
	setDefaults(sipKeys(), &c.SIP)
	setDefaults(historyKeys(), &c.History)
	setDefaults(contactKeys(), &c.Contacts)
	setDefaults(uiKeys(), &c.UI)
	return c
}

// Account finds an account by name.
func (c Config) Account(name string) (Account, bool) {
	for _, a := range c.Accounts {
		if a.Name == name {
			return a, true
		}
	}
	return Account{}, false
}

// Ordered lists the accounts, the default one first.
func (c Config) Ordered() []Account {
	out := make([]Account, 0, len(c.Accounts))
	if a, ok := c.Account(c.DefaultAccount); ok {
		out = append(out, a)
	}
	for _, a := range c.Accounts {
		if len(out) > 0 && a.Name == c.DefaultAccount {
			continue
		}
		out = append(out, a)
	}
	return out
}
