package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// wayKeys are an account's keys for how its media finds the peer.
func wayKeys() []field[Account] {
	return []field[Account]{
		column(Key{Table: "account", Name: "ice", Doc: "Whether calls find their way through NATs by ICE: when the caller offers it (auto), with all peers that speak it (on), never (off), with a peer that doesn't the call fails (required), or by relays alone, so that the peer learns no address of ours (relay); needs turn."},
			func(a *Account) *string { return &a.ICE }, "auto", oneOf("auto", "off", "on", "required", "relay")),
		column(Key{Table: "account", Name: "turn", Doc: "TURN relays for where there is no other way: \"turn:relay.example.org\", \"turn:relay.example.org:3478?transport=tcp\" or, over TLS, \"turns:relay.example.org\"; several with commas between them. Without ICE one is used where the NAT needs it."},
			func(a *Account) *string { return &a.TURN }, "", turnServers),
		column(Key{Table: "account", Name: "turn_user", Doc: "User name for the relays."},
			func(a *Account) *string { return &a.TURNUser }, "", text),
		column(Key{Table: "account", Name: "turn_password_file", Doc: "File whose first line is the password for the relays."},
			func(a *Account) *string { return &a.TURNPasswordFile }, "", text),
		column(Key{Table: "account", Name: "turn_password_env", Doc: "Environment variable that holds it."},
			func(a *Account) *string { return &a.TURNPasswordEnv }, "", text),
		column(Key{Table: "account", Name: "turn_password_keyring", Doc: "Take it from the desktop's keyring (service \"offhook\", user = account/turn)."},
			func(a *Account) *bool { return &a.TURNPasswordKeyring }, false, boolean),
		column(Key{Table: "account", Name: "turn_password", Doc: "The password itself. Refused unless the file's mode is 0600."},
			func(a *Account) *Secret { return &a.TURNPassword }, "", secret),
	}
}

// errRelayUser doesn't quote the URI: what stands before the @ may be a password.
var errRelayUser = errors.New("holds a user name or password: take it out of the URI, which is shown and logged; turn_user has the name, and turn_password_file, turn_password_env or turn_password_keyring says where the password is")

// CheckTURN says why s is no list of URIs of TURN servers with commas between them.
func CheckTURN(s string) error {
	for _, one := range TURNServers(s) {
		if strings.Contains(one, "@") {
			return errRelayUser
		}
		rest, ok := strings.CutPrefix(strings.ToLower(one), "turn:")
		if !ok {
			rest, ok = strings.CutPrefix(strings.ToLower(one), "turns:")
		}
		place, query, _ := strings.Cut(rest, "?")
		transport, named := strings.CutPrefix(query, "transport=")
		if !ok || CheckServer(place) != nil || query != "" && !named {
			return fmt.Errorf("%q is no URI of a TURN server, such as turn:relay.example.org:3478?transport=udp or turns:relay.example.org", one)
		}
		over := []string{"udp", "tcp"}
		if strings.HasPrefix(strings.ToLower(one), "turns:") {
			over = over[1:] // TLS is over TCP; DTLS to a relay isn't known here
		}
		if named && !slices.Contains(over, transport) {
			return fmt.Errorf("%q asks for the transport %q: there are udp and tcp with turn:, and tcp alone with turns:, which is TLS", one, transport)
		}
	}
	return nil
}

// TURNServers takes a list of TURN servers apart.
func TURNServers(s string) []string {
	var out []string
	for one := range strings.SplitSeq(s, ",") {
		if one = strings.TrimSpace(one); one != "" {
			out = append(out, one)
		}
	}
	return out
}

var turnServers = checked("turn or turns URI, or several with commas between them", CheckTURN)

// turnAccount is what the vault knows how to ask for.
func (a Account) turnAccount() Account {
	return Account{
		Name: a.Name + "/turn", Password: a.TURNPassword, PasswordFile: a.TURNPasswordFile,
		PasswordEnv: a.TURNPasswordEnv, PasswordKeyring: a.TURNPasswordKeyring,
	}
}

// TURNPasswordOf gets the password for an account's relays.
func (v Vault) TURNPasswordOf(a Account) (password Secret, warning string, err error) {
	return v.passwordOf(a.turnAccount(), fmt.Sprintf("the relays of account %q", a.Name))
}

// checkWay says what doesn't fit together, and at which key.
func (a Account) checkWay() (key string, err error) {
	switch {
	case a.ICE == "relay" && a.TURN == "":
		return "ice", fmt.Errorf("%q needs a relay: name one with turn", a.ICE)
	case a.turnAccount().passwordSources() > 1:
		return "turn", errors.New("has a password in several places: keep one of turn_password_file, turn_password_env, turn_password_keyring and turn_password")
	}
	return "", nil
}

// Idle names what an account's keys for relays and encryption say to no end, because of
// another key: each is a sentence.
func (a Account) Idle() []string {
	var out []string
	secret := a.turnAccount().passwordSources() > 0
	switch {
	case a.TURN == "" && (a.TURNUser != "" || secret):
		out = append(out, "it has a user or password for relays (turn_user, turn_password_…), but names no relay: set turn")
	case a.TURN != "" && a.TURNUser != "" && !secret:
		out = append(out, "it has a turn_user without a password: set one of turn_password_keyring, turn_password_file and turn_password_env")
	case a.TURN != "" && a.TURNUser == "" && secret:
		out = append(out, "it has a password for its relays without a user: set turn_user")
	}
	if len(a.SRTPSuites) > 0 && (a.SRTP == "off" || a.SRTP == "dtls") {
		out = append(out, fmt.Sprintf("its srtp_suites are for keys in the session description, which srtp = %q never offers", a.SRTP))
	}
	return out
}
