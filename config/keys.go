package config

import (
	"slices"
	"time"
)

// Key documents one key of the file.
type Key struct {
	// Table is "", "account", "audio", …; account is an array of tables.
	Table, Name string
	// Type is in words: "text", "duration", "list of codecs", …
	Type string
	// Default is as one would write it in the file; empty for none.
	Default string
	Doc     string
}

// field joins a Key to the struct field that holds its value.
type field[T any] struct {
	Key
	// set checks a value of the TOML decoder and stores it. Its error is the
	// end of a sentence that starts with the key: "must be …".
	set func(*T, any) error
	// get gives the value as TOML, and false when it is the default.
	get func(*T) (string, bool)
	// reset stores the default.
	reset func(*T)
	// cover takes the place of secrets, for what is shown.
	cover func(*T)
}

// column makes a field of a value type V from how to reach, read and write it.
func column[T, V any](key Key, ptr func(*T) *V, def V, kind kind[V]) field[T] {
	if key.Type == "" {
		key.Type = kind.name
	}
	if key.Default == "" && !kind.equal(def, *new(V)) {
		key.Default = kind.encode(def)
	}
	return field[T]{
		Key: key,
		set: func(t *T, raw any) error {
			v, err := kind.decode(raw)
			if err != nil {
				return err
			}
			*ptr(t) = v
			return nil
		},
		get: func(t *T) (string, bool) {
			v := *ptr(t)
			return kind.encode(v), !kind.equal(v, def)
		},
		reset: func(t *T) { *ptr(t) = def },
		cover: func(t *T) {
			if kind.cover != nil {
				*ptr(t) = kind.cover(*ptr(t))
			}
		},
	}
}

func setDefaults[T any](fields []field[T], t *T) {
	for _, f := range fields {
		f.reset(t)
	}
}

// The tables below are the file's grammar, in the order of the documentation. They
// are functions so that a run without a configuration doesn't build them.

func rootKeys() []field[Config] {
	return []field[Config]{
		column(Key{Name: "version", Doc: "Layout of this file. offhook writes it; a newer one is refused rather than half understood."},
			func(c *Config) *int { return &c.Version }, Version, integer(1, Version)),
		column(Key{Name: "default_account", Doc: "Name of the account that calls go out from when none is named. Without it: the first in the file."},
			func(c *Config) *string { return &c.DefaultAccount }, "", text),
	}
}

func accountKeys() []field[Account] {
	return append([]field[Account]{
		column(Key{Table: "account", Name: "name", Doc: "How commands and events call this account. Required; letters, digits, '-', '_' and '.'."},
			func(a *Account) *string { return &a.Name }, "", name),
		column(Key{Table: "account", Name: "aor", Doc: "Address of record, such as \"sip:alice@example.org\". Required."},
			func(a *Account) *string { return &a.AOR }, "", aor),
		column(Key{Table: "account", Name: "display_name", Doc: "The name that a peer's display shows."},
			func(a *Account) *string { return &a.DisplayName }, "", text),
		column(Key{Table: "account", Name: "auth_user", Doc: "User name for authentication. Without it: the user part of aor."},
			func(a *Account) *string { return &a.AuthUser }, "", text),
		column(Key{Table: "account", Name: "password_file", Doc: "File whose first line is the password. A leading ~/ is your home. Keep it at mode 0600."},
			func(a *Account) *string { return &a.PasswordFile }, "", text),
		column(Key{Table: "account", Name: "password_env", Doc: "Environment variable that holds the password."},
			func(a *Account) *string { return &a.PasswordEnv }, "", text),
		column(Key{Table: "account", Name: "password_keyring", Doc: "Take the password from the desktop's keyring (service \"offhook\", user = name). Needs a session bus."},
			func(a *Account) *bool { return &a.PasswordKeyring }, false, boolean),
		column(Key{Table: "account", Name: "password_prompt", Doc: "Ask for the password on the terminal at each start."},
			func(a *Account) *bool { return &a.PasswordPrompt }, false, boolean),
		column(Key{Table: "account", Name: "password", Doc: "The password itself. Refused unless the file's mode is 0600; the other four are safer."},
			func(a *Account) *Secret { return &a.Password }, "", secret),
		column(Key{Table: "account", Name: "registrar", Doc: "SIP URI of the registrar. Without it: the host of aor."},
			func(a *Account) *string { return &a.Registrar }, "", sipURI),
		column(Key{Table: "account", Name: "outbound_proxy", Doc: "SIP URI that every call and registration goes through first. Several, with commas between them, are registered through side by side where the registrar speaks outbound (RFC 5626); else each stands in for those before it."},
			func(a *Account) *string { return &a.OutboundProxy }, "", sipURIs),
		column(Key{Table: "account", Name: "outbound", Doc: "Whether to ask to be reached by the very flow that we register over, as through NATs and connections (RFC 5626): auto asks and goes on without; on asks too, fails where the first proxy says that it can't (439), and warns where the registrar, which needn't say anything, doesn't do it."},
			func(a *Account) *string { return &a.Outbound }, "auto", oneOf("auto", "on", "off")),
		column(Key{Table: "account", Name: "gruu", Doc: "Whether peers are given a URI that the registrar resolves to this very phone (RFC 5627), in the place of its address: auto does so where the registrar speaks outbound too."},
			func(a *Account) *string { return &a.GRUU }, "auto", oneOf("auto", "on", "off")),
		column(Key{Table: "account", Name: "instance", Doc: "URN that names this phone among others of the account, such as \"urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6\". Without it: one that is made once and kept."},
			func(a *Account) *string { return &a.Instance }, "", urn),
		column(Key{Table: "account", Name: "retry", Doc: "How long after a failed registration to try again; half to all of it, and twice as long after each further failure, up to half an hour."},
			func(a *Account) *time.Duration { return &a.Retry }, 30*time.Second, duration(time.Second, 30*time.Minute)),
		column(Key{Table: "account", Name: "transport", Doc: "Transport to use when an address doesn't say. auto leaves it to the domain: its NAPTR and SRV records, or else udp."},
			func(a *Account) *string { return &a.Transport }, "auto", oneOf("auto", "udp", "tcp", "tls", "ws", "wss")),
		column(Key{Table: "account", Name: "redirects", Doc: "When a call is sent elsewhere (3xx): follow tries the places named, ask asks you first (on the screen; elsewhere it is refuse), refuse ends the call and names them."},
			func(a *Account) *string { return &a.Redirects }, "follow", oneOf("follow", "ask", "refuse")),
		column(Key{Table: "account", Name: "tls_ca", Doc: "PEM file of the authorities that are believed over TLS and WSS. Without it: the system's."},
			func(a *Account) *string { return &a.TLSCA }, "", text),
		column(Key{Table: "account", Name: "tls_cert", Doc: "PEM file of our own certificate, for servers that ask for one and for those that connect to us; needs tls_key."},
			func(a *Account) *string { return &a.TLSCert }, "", text),
		column(Key{Table: "account", Name: "tls_key", Doc: "PEM file of that certificate's key. Keep it at mode 0600."},
			func(a *Account) *string { return &a.TLSKey }, "", text),
		column(Key{Table: "account", Name: "tls_pin", Doc: "SHA-256 of the server's public key, in base64 or hexadecimal. Without tls_ca it is all that is asked for; with tls_ca both must hold."},
			func(a *Account) *string { return &a.TLSPin }, "", text),
		column(Key{Table: "account", Name: "tls_server_name", Doc: "Name that the server's certificate must have, when it isn't the domain that is dialled."},
			func(a *Account) *string { return &a.TLSServerName }, "", text),
		column(Key{Table: "account", Name: "tls_client_ca", Doc: "PEM file of the authorities one of which has to vouch for who connects to us over TLS, by a certificate that is asked for; needs tls_cert. Without it: nobody is asked."},
			func(a *Account) *string { return &a.TLSClientCA }, "", text),
		column(Key{Table: "account", Name: "insecure", Doc: "Talk to servers over TLS and WSS whose certificates prove nothing: whoever is in between reads along. Each start and each such server is warned of. A tls_pin holds even so, and is the better way."},
			func(a *Account) *bool { return &a.Insecure }, false, boolean),
		column(Key{Table: "account", Name: "ws_path", Doc: "Path to ask for over WS and WSS."},
			func(a *Account) *string { return &a.WSPath }, "/ws", urlPath),
		column(Key{Table: "account", Name: "keepalive", Doc: "How the way to the registrar is kept open: crlf (pings on connections, bare CRLFs over UDP), stun (binding requests over UDP, pings on connections), options (OPTIONS), off, or auto: pings on connections, and over UDP bare CRLFs where there is a NAT to keep open."},
			func(a *Account) *string { return &a.KeepAlive }, "auto", oneOf("auto", "off", "crlf", "stun", "options")),
		column(Key{Table: "account", Name: "keepalive_interval", Doc: "Longest time between two keep-alives; each comes after 80 to 100 % of it. Without it: 2m on connections, 29s over UDP; or behind a NAT, where there is a STUN server to measure how long it remembers what is silent, half of that."},
			func(a *Account) *time.Duration { return &a.KeepAliveInterval }, 0, duration(time.Second, time.Hour)),
		column(Key{Table: "account", Name: "media_keepalive", Doc: "How long a call may send nothing, as on hold, before an empty packet keeps NATs from closing its way. Half of what offhook nat --lifetime finds is safe."},
			func(a *Account) *time.Duration { return &a.MediaKeepAlive }, 15*time.Second, duration(time.Second, time.Hour)),
		column(Key{Table: "account", Name: "listen", Doc: "Local address and port for SIP, such as \"192.0.2.1:5060\". Without it: the address that routes to the registrar, and any free port."},
			func(a *Account) *string { return &a.Listen }, "", hostPort),
		column(Key{Table: "account", Name: "register", Doc: "Whether to register at start."},
			func(a *Account) *bool { return &a.Register }, true, boolean),
		column(Key{Table: "account", Name: "expires", Doc: "Registration lifetime to ask for."},
			func(a *Account) *time.Duration { return &a.Expires }, 300*time.Second, duration(30*time.Second, 24*time.Hour)),
		column(Key{Table: "account", Name: "codecs", Doc: "Codecs to offer, most wanted first. Without it: media.codecs."},
			func(a *Account) *[]string { return &a.Codecs }, nil, codecs),
		column(Key{Table: "account", Name: "ptime", Doc: "Audio per packet to ask of the peer. Without it: media.ptime."},
			func(a *Account) *time.Duration { return &a.Ptime }, 0, packetTime()),
		column(Key{Table: "account", Name: "dtmf", Doc: "How digits travel. Without it: media.dtmf."},
			func(a *Account) *string { return &a.DTMF }, "", oneOf(dtmfModes...)),
		column(Key{Table: "account", Name: "stun", Doc: "STUN servers that tell each call's own address on the far side of a NAT: HOST or HOST:PORT, several with commas between them. All are asked at once, and the first good answer counts; a HOST alone is looked up by SRV. Without it: the local address."},
			func(a *Account) *string { return &a.STUN }, "", servers),
		column(Key{Table: "account", Name: "refer", Doc: "What to do when the peer of a call transfers us: call where it says, do so only when it was us who called (called), ask, or refuse. Where nobody is there to ask, ask refuses. Without it: ask on the screen, called elsewhere, where a caller could have us ring up costly numbers."},
			func(a *Account) *string { return &a.Refer }, "", oneOf("accept", "called", "ask", "refuse")),
		column(Key{Table: "account", Name: "park_code", Doc: "What a call is transferred to so that the PBX parks it, such as \"*68\"."},
			func(a *Account) *string { return &a.ParkCode }, "", text),
		column(Key{Table: "account", Name: "retrieve_code", Doc: "What is dialled, with the slot after it or in the place of {}, to take a parked call back."},
			func(a *Account) *string { return &a.RetrieveCode }, "", text),
		column(Key{Table: "account", Name: "pickup_code", Doc: "What is dialled, with the extension after it or in the place of {}, to take a call that rings there. Without it: Replaces, by what the extension tells of its calls."},
			func(a *Account) *string { return &a.PickupCode }, "", text),
		column(Key{Table: "account", Name: "organization", Doc: "Organization that each call of ours names."},
			func(a *Account) *string { return &a.Organization }, "", text),
		column(Key{Table: "account", Name: "privacy", Doc: "What each call asks to be kept from the callee: none, or some of id, header, session, user, history, critical between semicolons. All but none also make From anonymous."},
			func(a *Account) *string { return &a.Privacy }, "", privacy),
		column(Key{Table: "account", Name: "identity", Doc: "Identity that the account's proxy is asked to vouch for (P-Preferred-Identity), such as \"Sales <sip:sales@example.org>\"."},
			func(a *Account) *string { return &a.Identity }, "", identity),
		column(Key{Table: "account", Name: "realm", Doc: "The only realm that the password answers. Without it: the account's domain, and what its own registrar and proxy ask for."},
			func(a *Account) *string { return &a.Realm }, "", text),
		column(Key{Table: "account", Name: "credentials", Doc: "User names and passwords for further realms: [[account.credentials]] tables."},
			func(a *Account) *[]Credential { return &a.Credentials }, nil, credentialList),
		column(Key{Table: "account", Name: "headers", Doc: "Headers added to every request that starts a call, each \"Name: value\"."},
			func(a *Account) *[]string { return &a.Headers }, nil, headers),
		column(Key{Table: "account", Name: "100rel", Doc: "Whether provisional responses are acknowledged by PRACK: where the peer asks for it, never (off), or always (required: a peer without it is refused)."},
			func(a *Account) *string { return &a.Reliable }, "supported", oneOf("off", "supported", "required")),
		column(Key{Table: "account", Name: "session_expires", Doc: "Session timer to ask for: a call whose peer is gone ends after it. At least 90s; 0s asks for none; a peer that asks gets one all the same."},
			func(a *Account) *time.Duration { return &a.SessionExpires }, 30*time.Minute, sessionTime()),
		column(Key{Table: "account", Name: "min_se", Doc: "Shortest session timer to take; a peer that asks for less is told so."},
			func(a *Account) *time.Duration { return &a.MinSE }, 90*time.Second, duration(90*time.Second, 24*time.Hour)),
		column(Key{Table: "account", Name: "session_refresher", Doc: "Side that should refresh the session: we (local), the peer (remote), or as the peer likes (auto)."},
			func(a *Account) *string { return &a.SessionRefresher }, "auto", oneOf("auto", "local", "remote")),
		column(Key{Table: "account", Name: "reinvites", Doc: "What becomes of a peer's change of a running call, beside hold and resume: take what we can (auto), ask the person, or refuse it and stay as we are."},
			func(a *Account) *string { return &a.Reinvites }, "auto", oneOf("auto", "ask", "refuse")),
		column(Key{Table: "account", Name: "accept", Doc: "Whose calls are taken: known, those that come from the account's own servers; any; or auto, known for an account that registers. Scanners call whomever they find."},
			func(a *Account) *string { return &a.Accept }, "auto", oneOf("auto", "known", "any")),
	}, slices.Concat(securityKeys(), wayKeys(), beyondKeys())...)
}

func audioKeys() []field[Audio] {
	return []field[Audio]{
		column(Key{Table: "audio", Name: "input", Doc: "Microphone: a name (or a part of one) of `offhook devices`, file:PATH (WAV, Ogg-Opus or bare samples, over and over), tone:HZ, silence or null. Without it: the system's default."},
			func(a *Audio) *string { return &a.Input }, "", text),
		column(Key{Table: "audio", Name: "output", Doc: "Ear: a name (or a part of one) of `offhook devices`, file:PATH of a WAV to write, or null. Without it: the system's default."},
			func(a *Audio) *string { return &a.Output }, "", text),
		column(Key{Table: "audio", Name: "ring", Doc: "Where ringing plays. Without it: the ear."},
			func(a *Audio) *string { return &a.Ring }, "", text),
		column(Key{Table: "audio", Name: "tones", Doc: "Country whose ringback, busy, congestion and call-waiting tones are played: two letters, such as \"de\", \"us\" or \"uk\", or \"eu\", what most of Europe has; another is answered with those that there are."},
			func(a *Audio) *string { return &a.Tones }, "eu", text),
		column(Key{Table: "audio", Name: "jitter_min", Doc: "Delay that the jitter buffer adds at least, even when the network needs less."},
			func(a *Audio) *time.Duration { return &a.JitterMin }, 0, duration(0, 2*time.Second)),
		column(Key{Table: "audio", Name: "jitter_max", Doc: "Delay that the jitter buffer adds at most, even when packets are lost by it. As much as jitter_min: a fixed delay."},
			func(a *Audio) *time.Duration { return &a.JitterMax }, 400*time.Millisecond, duration(20*time.Millisecond, 2*time.Second)),
		column(Key{Table: "audio", Name: "echo_canceller", Doc: "What takes the loudspeaker's sound out of the microphone: webrtc, speex, off, or auto, the better one. Files, tones and silence go through none of the three unless webrtc or speex is named here, or a flag asks for one."},
			func(a *Audio) *string { return &a.EchoCanceller }, "auto", oneOf("auto", "webrtc", "speex", "off")),
		column(Key{Table: "audio", Name: "noise_suppression", Doc: "How much of the noise is taken out of the microphone; more takes more of the voice, too. auto is moderate in a noisy room; in a quiet one it is off, and the voice 6 ms earlier."},
			func(a *Audio) *string { return &a.NoiseSuppression }, "auto", oneOf("auto", "off", "low", "moderate", "high")),
		column(Key{Table: "audio", Name: "gain_control", Doc: "Whether the voice is brought to the usual level, and kept from clipping."},
			func(a *Audio) *string { return &a.GainControl }, "on", oneOf("on", "off")),
		column(Key{Table: "audio", Name: "record_layout", Doc: "Who is where in a recording: split has what we send on the left and what we hear on the right, mixed has both on one channel."},
			func(a *Audio) *string { return &a.RecordLayout }, "split", oneOf("split", "mixed")),
		column(Key{Table: "audio", Name: "record_notice", Doc: "Whether both sides hear a short beep every 15 s while a call is recorded. Where the law asks for consent, a beep may not be enough."},
			func(a *Audio) *bool { return &a.RecordNotice }, false, boolean),
		column(Key{Table: "audio", Name: "record_format", Doc: "The format of recordings that are started on the screen: wav, or opus, which takes a twentieth of the room. On the command line the file's extension says it."},
			func(a *Audio) *string { return &a.RecordFormat }, "wav", oneOf("wav", "opus")),
	}
}

func mediaKeys() []field[Media] {
	return []field[Media]{
		column(Key{Table: "media", Name: "codecs", Doc: "Codecs to offer, most wanted first: opus, g722, pcmu, pcma, and for tests l16 (at 16000 Hz; l16/8000, l16/44100, l16/48000)."},
			func(m *Media) *[]string { return &m.Codecs }, []string{"opus", "g722", "pcmu", "pcma"}, someCodecs),
		column(Key{Table: "media", Name: "ptime", Doc: "Audio per packet to ask of the peer; we send what it asks of us."},
			func(m *Media) *time.Duration { return &m.Ptime }, 20*time.Millisecond, packetTime()),
		column(Key{Table: "media", Name: "dtmf", Doc: "How digits travel: by RTP events (RFC 4733), by SIP INFO, as tones in the audio, or the best of these that the peer takes."},
			func(m *Media) *string { return &m.DTMF }, "auto", oneOf(dtmfModes...)),
		column(Key{Table: "media", Name: "vad", Doc: "Whether pauses are left out of what we send: with Opus by its own DTX, else by comfort noise (RFC 3389), which is offered then and used where the peer takes it. Comfort noise that comes is played whatever this says."},
			func(m *Media) *bool { return &m.VAD }, false, boolean),
		column(Key{Table: "media", Name: "mute", Doc: "What a muted microphone sends: silence, or comfort-noise, the noise of the room as it was, so that the peer doesn't think that the call is gone."},
			func(m *Media) *string { return &m.Mute }, "silence", oneOf("silence", "comfort-noise")),
		column(Key{Table: "media", Name: "opus_bitrate", Doc: "Bits per second that Opus aims at and asks the peer for; a peer that asks for less gets that. 0 is 32000, less for a peer that plays a narrower band."},
			func(m *Media) *int { return &m.OpusBitrate }, 0, bitrate),
		column(Key{Table: "media", Name: "opus_complexity", Doc: "How much of the processor Opus may take to sound better, 1 to 10."},
			func(m *Media) *int { return &m.OpusComplexity }, 5, integer(1, 10)),
		column(Key{Table: "media", Name: "opus_fec", Doc: "Whether Opus packets carry a copy of the one before while the peer reports losses: as it asks (auto), always, or never."},
			func(m *Media) *string { return &m.OpusFEC }, "auto", oneOf("auto", "on", "off")),
		column(Key{Table: "media", Name: "opus_dtx", Doc: "Whether Opus sends next to nothing in pauses: as the peer asks (auto; vad is on), always, or never."},
			func(m *Media) *string { return &m.OpusDTX }, "auto", oneOf("auto", "on", "off")),
		column(Key{Table: "media", Name: "port_min", Doc: "Lowest local port for audio."},
			func(m *Media) *int { return &m.PortMin }, 16384, integer(1024, 65534)),
		column(Key{Table: "media", Name: "port_max", Doc: "Highest local port for audio."},
			func(m *Media) *int { return &m.PortMax }, 32767, integer(1025, 65535)),
		column(Key{Table: "media", Name: "interval", Doc: "How often events tell a running call's media statistics and quality, from 100ms; 0s: only when something changes."},
			func(m *Media) *time.Duration { return &m.Interval }, 0, measuringTime()),
		column(Key{Table: "media", Name: "impair", Doc: "A bad network on purpose, for tests: \"loss=3%,jitter=40ms,seed=7\", as the guide says under Bad networks."},
			func(m *Media) *string { return &m.Impair }, "", text),
	}
}

func callKeys() []field[Calls] {
	return []field[Calls]{
		column(Key{Table: "calls", Name: "max", Doc: "Calls at the same time; a further one hears busy."},
			func(c *Calls) *int { return &c.Max }, 2, integer(1, 64)),
		column(Key{Table: "calls", Name: "ring_timeout", Doc: "How long an unanswered call of ours rings."},
			func(c *Calls) *time.Duration { return &c.RingTimeout }, 2*time.Minute, duration(time.Second, time.Hour)),
		column(Key{Table: "calls", Name: "dnd", Doc: "Do not disturb: refuse calls with 480, but those that a rule lets ring."},
			func(c *Calls) *bool { return &c.DND }, false, boolean),
		column(Key{Table: "calls", Name: "forward_always", Doc: "Where all calls are sent on to (302): a SIP URI, or a number at the account's own domain."},
			func(c *Calls) *string { return &c.ForwardAlways }, "", target),
		column(Key{Table: "calls", Name: "forward_busy", Doc: "Where calls beyond calls.max are sent on to."},
			func(c *Calls) *string { return &c.ForwardBusy }, "", target),
		column(Key{Table: "calls", Name: "forward_no_answer", Doc: "Where calls are sent on to that nobody answers in time."},
			func(c *Calls) *string { return &c.ForwardNoAnswer }, "", target),
		column(Key{Table: "calls", Name: "forward_after", Doc: "How long a call rings before forward_no_answer."},
			func(c *Calls) *time.Duration { return &c.ForwardAfter }, 20*time.Second, duration(time.Second, 3*time.Minute)),
		column(Key{Table: "calls", Name: "auto_answer", Doc: "Whose calls are answered at once when they ask for it, as intercoms do: nobody's, those of auto_answer_from, or all. Never while another call is up."},
			func(c *Calls) *string { return &c.AutoAnswer }, "off", oneOf("off", "listed", "all")),
		column(Key{Table: "calls", Name: "auto_answer_from", Doc: "Callers for auto_answer = \"listed\", by the patterns of rules."},
			func(c *Calls) *[]string { return &c.AutoAnswerFrom }, nil, oneOrMore),
		column(Key{Table: "calls", Name: "hold_music", Doc: "File (WAV, Ogg-Opus or bare samples) that a peer on hold hears over and over. A leading ~/ is your home. Without it: silence."},
			func(c *Calls) *string { return &c.HoldMusic }, "", text),
	}
}

func sipKeys() []field[SIP] {
	return []field[SIP]{
		column(Key{Table: "sip", Name: "nameservers", Doc: "DNS servers to ask, each \"192.0.2.53\" or \"192.0.2.53:53\". Without it: the system's."},
			func(s *SIP) *[]string { return &s.Nameservers }, nil, nameservers),
		column(Key{Table: "sip", Name: "attempt_timeout", Doc: "How long one of a domain's several servers may stay silent before the next is tried. The last one has 32s."},
			func(s *SIP) *time.Duration { return &s.AttemptTimeout }, 4*time.Second, duration(500*time.Millisecond, 32*time.Second)),
	}
}

func historyKeys() []field[History] {
	return []field[History]{
		column(Key{Table: "history", Name: "keep", Doc: "Whether the calls of the accounts below are recorded when they end, for `offhook history`."},
			func(h *History) *bool { return &h.Keep }, true, boolean),
		column(Key{Table: "history", Name: "days", Doc: "For how many days a call is kept; 0 is for ever."},
			func(h *History) *int { return &h.Days }, 365, integer(0, 36500)),
	}
}

func contactKeys() []field[Contacts] {
	return []field[Contacts]{
		column(Key{Table: "contacts", Name: "directory", Doc: "Directory of vCards, a contact a file, such as a CardDAV synchroniser's. A leading ~/ is your home. Without it: ~/.local/share/offhook/contacts."},
			func(c *Contacts) *string { return &c.Directory }, "", text),
	}
}

func uiKeys() []field[UI] {
	return []field[UI]{
		column(Key{Table: "ui", Name: "background", Doc: "What the terminal's background is like. auto reads COLORFGBG, and takes it for dark without it."},
			func(u *UI) *string { return &u.Background }, "auto", oneOf("auto", "dark", "light")),
	}
}

var dtmfModes = []string{"auto", "rfc4733", "info", "inband"}

// tables lists the tables of the file; arrays says which may be there several times.
var tables = []string{"account", "audio", "media", "calls", "sip", "history", "contacts", "ui", "rule", "ring"}

// Keys lists every key of the file, in the order of the documentation.
func Keys() []Key {
	var out []Key
	out = appendKeys(out, rootKeys())
	out = appendKeys(out, accountKeys())
	out = appendKeys(out, credentialKeys())
	out = appendKeys(out, audioKeys())
	out = appendKeys(out, mediaKeys())
	out = appendKeys(out, callKeys())
	out = appendKeys(out, sipKeys())
	out = appendKeys(out, historyKeys())
	out = appendKeys(out, contactKeys())
	out = appendKeys(out, uiKeys())
	out = appendKeys(out, incomingKeys())
	out = appendKeys(out, outgoingKeys())
	return appendKeys(out, ringKeys())
}

func appendKeys[T any](out []Key, fields []field[T]) []Key {
	for _, f := range fields {
		out = append(out, f.Key)
	}
	return out
}
