package main

import (
	"time"

	"github.com/spf13/cobra"

	"offhook/audio"
	"offhook/config"
)

// accountFlags choose an account of the configuration, change it, or make one up.
type accountFlags struct {
	overrides[config.Account]
	account      string
	aor          string
	passwordEnv  string
	passwordFile string
	expires      time.Duration
	noRegister   bool
}

func (f *accountFlags) addTo(cmd *cobra.Command) {
	f.overrides = overriding[config.Account](cmd, "account")
	f.set.StringVar(&f.account, "account", "", "use the account `NAME` of the configuration")
	f.set.StringVar(&f.aor, "aor", "", "be the address `URI`, such as sip:user@host, without any configuration")
	f.text("display-name", "`NAME` for the peer's display", func(a *config.Account) *string { return &a.DisplayName })
	f.text("auth-user", "`USER` for authentication, when it isn't the one of the address", func(a *config.Account) *string { return &a.AuthUser })
	f.set.StringVar(&f.passwordEnv, "password-env", "", "environment variable `VAR` that holds the password")
	f.set.StringVar(&f.passwordFile, "password-file", "", "`FILE` whose first line is the password")
	f.text("registrar", "`URI` of the registrar, when it isn't the address's host", func(a *config.Account) *string { return &a.Registrar })
	f.set.DurationVar(&f.expires, "expires", 0, "registration lifetime `TIME` to ask for")
	f.set.BoolVar(&f.noRegister, "no-register", false, "don't register")
	inGroup(f.set, "account", "account", "aor", "password-env", "password-file", "expires", "no-register")
	f.list("allow-watchers", "let callers of `PATTERN`, such as '*@example.org', watch this phone's calls and presence; may be repeated",
		func(a *config.Account) *[]string { return &a.AllowWatchers })
	f.group = "servers"
	f.text("outbound-proxy", "`URI` of a proxy that everything goes through first; several with commas between them",
		func(a *config.Account) *string { return &a.OutboundProxy })
	f.text("listen", "local `ADDRESS:PORT` for SIP", func(a *config.Account) *string { return &a.Listen })
	f.locatingFlags()
	f.tlsFlags()
	f.outboundFlags()
	f.wayFlags()
	f.group = "dialog"
	f.referFlags()
	f.dialogFlags()
	f.group = "security"
	f.securityFlags()
	f.group = "account"
	f.reportFlags()
	inGroup(f.set, "account", "instance", "retry")
	inGroup(f.set, "dialog", "redirects")
	cmd.MarkFlagsMutuallyExclusive("account", "aor")
	cmd.MarkFlagsMutuallyExclusive("password-env", "password-file")
	cmd.MarkFlagsMutuallyExclusive("turn-password-env", "turn-password-file")
}

// mediaFlags say what is heard, said and offered.
type mediaFlags struct {
	overrides[config.Media]
	codecs           []string
	ptime            string
	dtmfMode         string
	stun             string
	impair           string
	interval         time.Duration
	jitter           string
	holdMusic        string
	audioIn          string
	audioOut         string
	play             string
	record           string
	echo             bool
	sound            soundFlags
	voice            voiceFlags
	playLoop         bool
	recordConference string
}

// addTo adds the flags of a phone that somebody operates.
func (f *mediaFlags) addTo(cmd *cobra.Command) {
	f.addCommon(cmd)
	f.muteFlag()
}

// addCommon adds the flags that any phone has.
func (f *mediaFlags) addCommon(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringSliceVar(&f.codecs, "codecs", nil, "`LIST` of codecs to offer, best first: opus,g722,pcmu,pcma")
	s.StringVar(&f.ptime, "ptime", "", "`MS` of audio per packet to ask of the peer: 10, 20, 30, 40 or 60")
	s.StringVar(&f.dtmfMode, "dtmf-mode", "", "`MODE` in which digits travel: auto, rfc4733, info or inband")
	f.codingFlags(cmd)
	s.StringVar(&f.audioIn, "audio-in", "", "microphone: `DEVICE`, file:PATH (over and over), tone:HZ, silence or null")
	s.StringVar(&f.audioOut, "audio-out", "", "ear: `DEVICE`, file:PATH of a WAV to write, or null")
	s.StringVar(&f.stun, "stun", "", "STUN `SERVER` that tells our address on the far side of a NAT: HOST or HOST:PORT, several with commas between them")
	s.StringVar(&f.impair, "impair", "", "make the network bad for the audio, the same each time: `SPEC` such as loss=3%,jitter=40ms,seed=7")
	s.StringVar(&f.jitter, "jitter-buffer", "", "delay that the jitter buffer may add, in ms: `MIN-MAX`, or one value for a fixed delay")
	s.DurationVar(&f.interval, "media-interval", 0, "tell a call's media statistics and quality each `TIME`, such as 5s (default: only when something changes)")
	s.StringVar(&f.holdMusic, "hold-music", "", "`FILE`, WAV, Ogg-Opus or bare samples, that a peer on hold hears over and over, instead of nothing")
	f.sound.addTo(cmd)
	f.voice.addTo(cmd)
	inGroup(s, "sound", "audio-in", "audio-out", "hold-music")
	inGroup(s, "codec", "codecs", "ptime", "dtmf-mode")
	inGroup(s, "network", "impair", "jitter-buffer", "media-interval", "stun")
}

// addScripted adds the flags of a phone that nobody operates.
func (f *mediaFlags) addScripted(cmd *cobra.Command) {
	f.addCommon(cmd)
	s := cmd.Flags()
	s.StringVar(&f.play, "play", "", "play `FILE`, WAV, Ogg-Opus or bare samples, into the call instead of the microphone; in a conference to all")
	s.BoolVar(&f.playLoop, "play-loop", false, "play the file of --play over and over")
	s.StringVar(&f.record, "record", "", "record the call to `FILE`, whose extension says how: .wav, .opus, .raw, .ul, .al; left what we send, right what we hear")
	s.StringVar(&f.recordConference, "record-conference", "", "record all of the conference to `FILE`: left the microphone, or what is played, right all members")
	s.BoolVar(&f.echo, "echo", false, "send back what is heard")
	inGroup(s, "sound", "play", "play-loop", "record", "record-conference", "echo")
	cmd.MarkFlagsMutuallyExclusive("play", "echo")
}

// playing says how --play plays.
func (f *mediaFlags) playing() audio.PlayOptions { return audio.PlayOptions{Loop: f.playLoop} }

// traceFlags say where to write what went over the wire.
type traceFlags struct {
	pcap, sipLog string
	secrets      bool
}

func (f *traceFlags) addTo(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.pcap, "pcap", "", "write SIP, RTP and RTCP packets to the pcap `FILE`")
	s.StringVar(&f.sipLog, "sip-log", "", "write SIP messages to the text `FILE`; - is stderr")
	s.BoolVar(&f.secrets, "trace-secrets", false, "keep keys and the hashes of passwords in --pcap, --sip-log and the screen's messages: with these, others can listen in, or guess the password")
	inGroup(s, "output", "pcap", "sip-log", "trace-secrets")
}

// phoneFlags are those of every command that is a phone.
type phoneFlags struct {
	account accountFlags
	media   mediaFlags
	trace   traceFlags
	history historyFlag
}

func (f *phoneFlags) addTo(cmd *cobra.Command) {
	f.account.addTo(cmd)
	f.media.addTo(cmd)
	f.trace.addTo(cmd)
}

func (f *phoneFlags) addScripted(cmd *cobra.Command) {
	f.account.addTo(cmd)
	f.media.addScripted(cmd)
	f.trace.addTo(cmd)
}

// behaviour adds a duration flag to the group of a command's behaviour.
func behaviour(cmd *cobra.Command, names ...string) { inGroup(cmd.Flags(), "behaviour", names...) }
