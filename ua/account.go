package ua

import (
	"log/slog"
	"net/netip"
	"time"

	"offhook/audio"
	"offhook/audio/srtp"
	"offhook/codec"
	"offhook/ua/call"
	"offhook/ua/sip"
)

// Secret is a password in memory. It prints, marshals and logs as "[redacted]".
type Secret string

const redacted = "[redacted]"

func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Credential is what one more realm is answered with.
type Credential struct {
	Realm, User string
	Password    Secret
}

// credentials are those of further realms, as package sip has them.
func (a Account) credentials() []sip.Credentials {
	var out []sip.Credentials
	for _, c := range a.Credentials {
		out = append(out, sip.Credentials{Realm: c.Realm, User: c.User, Password: func() string { return string(c.Password) }})
	}
	return out
}

// Account is one identity. It is immutable once given to an Agent.
type Account struct {
	// Name is the key in config and events: "work".
	Name string
	// AOR is the address of record: sip:user@host.
	AOR         string
	DisplayName string
	// AuthUser is the digest user name. Empty means the user part of AOR.
	AuthUser string
	Password Secret
	// Registrar is a SIP URI. Empty means the host of AOR.
	Registrar string
	// OutboundProxy is a SIP URI that every out-of-dialog request goes through. Empty for
	// none. Several, with commas between them, are registered through side by side, as
	// flows of one phone, where the registrar speaks outbound; else each stands in for those
	// before it.
	OutboundProxy string
	// Outbound and GRUU say what to ask the registrar for.
	Outbound OutboundMode
	GRUU     GRUUMode
	// Instance is the URN that names this phone among others of the account, for ever:
	// "urn:uuid:…" (RFC 5626, section 4.1). Empty means one for the Agent's life.
	Instance string
	// RetryBase is the delay after a first failed registration, which doubles with each
	// further one up to half an hour. Zero means 30 s.
	RetryBase time.Duration
	// Transport to use when the target doesn't say. Zero means UDP.
	Transport sip.Transport
	// TransportChoice says whether the DNS may choose another.
	TransportChoice TransportChoice
	// AttemptTimeout is how long one of several servers may stay silent before the next is
	// tried. Zero means 4 s; a negative one waits for the transaction's end, 32 s.
	AttemptTimeout time.Duration
	// Redirects is what becomes of a 3xx.
	Redirects RedirectPolicy
	// TLS says whom to believe over TLS and WSS, and who we are there.
	TLS sip.TLSConfig
	// WSPath is the path to ask for over WS and WSS. Empty means "/ws".
	WSPath string
	// KeepAlive says how the flow to the registrar is kept alive.
	KeepAlive sip.KeepAlive
	// MediaKeepAlive is how long a call may send nothing before a packet without sound keeps
	// NATs from closing its way (RFC 6263). Zero means 15 s.
	MediaKeepAlive time.Duration
	// Listen is the local address and port. Zero address means: the one that
	// routes to the registrar; port 0 means any.
	Listen netip.AddrPort
	// Register says whether to register at start.
	Register bool
	// Expires is the asked registration lifetime. Zero means 300 s.
	Expires time.Duration
	// Codecs are offered in this order.
	Codecs codec.Set
	// Ptime is the packet time to ask for. Zero means 20 ms.
	Ptime    time.Duration
	DTMFMode audio.DTMFMode
	// SRTP says how media is protected, and SRTPSuites which suites our offers have, most
	// wanted first; empty means DefaultSRTPSuites. Offers of the peer's are taken in any suite.
	SRTP       audio.SRTPMode
	SRTPSuites []srtp.Suite
	// VAD offers and answers comfort noise (RFC 3389), and leaves pauses out where it
	// was agreed. A codec with pauses of its own, as Opus, is set up by who lists it.
	VAD bool
	// STUN are servers, each HOST or HOST:PORT with commas between them, that are asked all at
	// once which address each call's media socket has from their side, for the session
	// description; the first good answer counts. A host alone is looked up by SRV. Empty asks nobody.
	STUN string
	// ICE says whether calls find their way by ICE, and TURN which relays may be on it. Without
	// ICE a relay is used where the NAT needs one.
	ICE  ICEMode
	TURN []TURNServer
	// Organization, Privacy and Identity are those of each call that doesn't name its own.
	Organization string
	Privacy      Privacy
	Identity     string
	// Realm is the only realm that Password answers. Empty means: learnt from the
	// account's registrar or proxy (package sip, Authenticator).
	Realm string
	// Credentials answer further realms.
	Credentials []Credential
	// Voicemail is what to dial to hear the mailbox. Empty means: what the mailbox says of itself.
	Voicemail string
	// SubscribeMWI asks the account's domain how many messages wait (RFC 3842).
	SubscribeMWI bool
	// Watch are whose calls to show: SIP addresses or numbers, each a busy lamp.
	Watch []string
	// Publish publishes the account's presence while the Agent runs.
	Publish bool
	// Watchers may watch this account's calls and presence: patterns of callers as
	// rules have them. Empty lets nobody.
	Watchers []string
	// QualityReport is a SIP URI that is told how each call went (RFC 6035). Empty: nobody.
	QualityReport string
	// Headers are added to every request that starts a dialog, "Name: value".
	Headers []string
	// Refer is what becomes of a peer's wish to send us elsewhere (REFER).
	Refer ReferPolicy
	// Features are the PBX's codes for parking and pickup.
	Features Features
	// Reinvites is what becomes of the peers' re-INVITEs.
	Reinvites ReinvitePolicy
	// Reliable says whether provisional responses are acknowledged by PRACK (RFC
	// 3262). The zero value uses it where the peer asks.
	Reliable call.Reliability
	// SessionExpires is the session timer to ask for (RFC 4028). Zero asks for none;
	// peers that ask for one get it all the same.
	SessionExpires time.Duration
	// MinSE is the shortest session timer that we take. Zero means 90 s.
	MinSE time.Duration
	// Refresher is who should refresh. RefresherNone leaves it to the peer.
	Refresher Refresher
	// Accept says whose calls are taken.
	Accept Accept
}
