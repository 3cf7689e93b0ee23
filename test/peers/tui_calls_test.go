package peers

import (
	"testing"
	"time"

	"offhook/test/lab"
)

// parties starts phones that answer one call each, and waits until they are registered.
func parties(t *testing.T, k *lab.Kamailio, users ...string) map[string]*lab.Offhook {
	t.Helper()
	phones := map[string]*lab.Offhook{}
	for _, user := range users {
		phones[user] = lab.StartOffhook(t, append([]string{"answer", "--json", "--refer", "accept", "--max-calls", "1", "--audio-in", "silence", "--audio-out", "null"},
			lab.Account(t, k, user)...)...)
		phones[user].AwaitName(0, "registered")
	}
	return phones
}

// aliceAt is alice's phone in a terminal, registered.
func aliceAt(t *testing.T, k *lab.Kamailio, width, height int) *tui {
	t.Helper()
	u := startTUI(t, width, height, append(lab.Account(t, k, "alice"), "--audio-in", "tone:440", "--audio-out", "null")...)
	u.sees(`alice@\S+ regist`)
	return u
}

// calls dials from the dial line and waits until the call is up.
func (u *tui) calls(user string) {
	u.t.Helper()
	u.Type(user)
	u.Key("Enter")
	u.sees(user + `@\S+ talking`)
}

// TestTUIBlindTransfer sends bob to carol by keys, and first to somebody who isn't there.
func TestTUIBlindTransfer(t *testing.T) {
	lab.Need(t, "kamailio", "tmux")
	for _, size := range sizes {
		t.Run(lab.Size(size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			k := lab.StartKamailio(t, "MD5")
			phones := parties(t, k, "bob", "carol")
			u := aliceAt(t, k, size[0], size[1])
			u.calls("bob")
			u.Type("t")
			u.sees(`╭─ Transfer bob@`)
			u.Type("nobody")
			u.Key("Enter")
			u.sees(`couldn’t be transferred to nobody@\S+ and is yours again`)
			u.sees(`bob@\S+ talking`)
			u.Type("t")
			u.sees(`╭─ Transfer bob@`)
			u.Type("carol")
			u.Key("Enter")
			phones["carol"].AwaitState(0, "confirmed")
			u.sees(`bob@\S+ is connected to carol@`)
			u.quits()
			phones["bob"].AwaitEvent(0, "done", transfers("transferee", "done"))
		})
	}
}

// TestTUIAttendedTransfer calls carol about bob, and connects the two.
func TestTUIAttendedTransfer(t *testing.T) {
	t.Parallel()
	lab.Need(t, "kamailio", "tmux")
	k := lab.StartKamailio(t, "MD5")
	phones := parties(t, k, "bob", "carol")
	u := aliceAt(t, k, 80, 24)
	u.calls("bob")
	u.Type("t")
	u.sees(`╭─ Transfer bob@`)
	u.Type("carol")
	u.Key("Tab")
	u.sees(`bob@\S+ on hold`)
	u.sees(`carol@\S+ talking`)
	u.sees(`t connects bob@`)
	u.Type("t")
	u.sees(`▸ bob@\S+, on hold`)
	u.Key("Enter")
	phones["bob"].AwaitEvent(0, "done", transfers("transferee", "done"))
	u.sees(`bob@\S+ is connected to \S*carol@`)
	u.AwaitGone(`talking`)
	u.quits()
}

// TestTUIConference joins two calls, takes one out, joins it again, and ends it for all.
func TestTUIConference(t *testing.T) {
	lab.Need(t, "kamailio", "tmux")
	for _, size := range sizes {
		t.Run(lab.Size(size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			k := lab.StartKamailio(t, "MD5")
			phones := parties(t, k, "bob", "carol")
			u := aliceAt(t, k, size[0], size[1])
			u.calls("bob")
			u.Type("n")
			u.calls("carol")
			u.sees(`bob@\S+ on hold`)
			u.Type("c")
			u.sees(`(?s)bob@\S+ talking.*\bconf\b.*carol@\S+ talking.*\bconf\b`)
			u.Type("o")
			u.sees(`bob@\S+ talking`)
			u.sees(`carol@\S+ on hold`)
			u.AwaitGone(`\bconf\b`)
			u.Type("c")
			u.sees(`(?s)bob@\S+ talking.*\bconf\b.*carol@\S+ talking.*\bconf\b`)
			u.Type("X")
			for _, who := range []string{"bob", "carol"} {
				if code := phones[who].Wait(); code != 0 {
					t.Errorf("%s: exit code %d", who, code)
				}
			}
			u.AwaitGone(`talking`)
			u.quits()
		})
	}
}

// TestTUIDoNotDisturb turns calls away without a sign but in the log, and lets them ring again.
func TestTUIDoNotDisturb(t *testing.T) {
	t.Parallel()
	lab.Need(t, "kamailio", "tmux")
	k := lab.StartKamailio(t, "MD5")
	u := aliceAt(t, k, 80, 24)
	bobCalls := func() *lab.Offhook {
		return lab.StartOffhook(t, append([]string{"call", k.URI("alice"), "--json", "--audio-in", "silence", "--audio-out", "null"}, lab.Account(t, k, "bob")...)...)
	}
	u.Key("C-o")
	u.sees(`registered do not disturb`)
	bob := bobCalls()
	if code := bob.Wait(); code != 4 {
		t.Errorf("exit code %d, want 4", code)
	}
	if e, _ := bob.AwaitName(0, "call_ended"); e.Num("code") != 480 {
		t.Errorf("%v", e)
	}
	u.Key("C-l")
	u.sees(`The call from bob@\S+ was refused: do not disturb`)
	u.Key("C-o")
	u.sees(`All calls ring here again`)
	bob = bobCalls()
	u.rings("bob")
	u.Type("c")
	u.sees(`╭─ Reject bob@`)
	u.Type("410")
	u.Key("Enter")
	if e, _ := bob.AwaitName(0, "call_ended"); e.Num("code") != 410 {
		t.Errorf("%v", e)
	}
	bob.Wait()
	u.quits()
}

// TestTUISendOn sends a caller on to carol, where the call then is answered; and forwards
// all calls there by the form.
func TestTUISendOn(t *testing.T) {
	t.Parallel()
	lab.Need(t, "kamailio", "tmux")
	k := lab.StartKamailio(t, "MD5")
	u := aliceAt(t, k, 80, 24)
	bobReachesCarol := func(how func()) {
		t.Helper()
		carol := parties(t, k, "carol")["carol"]
		bob := lab.StartOffhook(t, append([]string{"call", k.URI("alice"), "--json", "--duration", "1s", "--audio-in", "silence", "--audio-out", "null"},
			lab.Account(t, k, "bob")...)...)
		how()
		carol.AwaitState(0, "confirmed")
		awaitOK(t, "bob", bob)
		carol.Wait()
	}
	bobReachesCarol(func() {
		u.rings("bob")
		u.Type("f")
		u.sees(`╭─ Send bob@\S+ on to`)
		u.Type("carol")
		u.Key("Enter")
		u.sees(`The call from bob@\S+ was sent on to carol@`)
	})
	u.Key("F4")
	u.sees(`Do not disturb and forwarding`)
	u.Key("Down")
	u.Type("carol")
	u.Key("Enter")
	u.sees(`registered all calls go to carol`)
	bobReachesCarol(func() {})
	u.quits()
}

// TestTUIConsent asks the person about a redirection, about a transfer, and about a
// change of the call, and does what was answered.
func TestTUIConsent(t *testing.T) {
	t.Parallel()
	lab.Need(t, "kamailio", "tmux")
	k := lab.StartKamailio(t, "MD5")
	u := startTUI(t, 80, 24, append(lab.Account(t, k, "alice"), "--redirects", "ask", "--refer", "ask", "--audio-in", "tone:440", "--audio-out", "null")...)
	u.sees(`alice@\S+ registered`)

	bob := lab.StartOffhook(t, append([]string{"answer", "--json", "--forward-always", "carol", "--audio-in", "silence", "--audio-out", "null"}, lab.Account(t, k, "bob")...)...)
	bob.AwaitName(0, "registered")
	dial := func(answer, outcome string) {
		u.Type("bob")
		u.Key("Enter")
		u.sees(`bob@\S+ isn’t there, and`)
		u.answers(answer, `isn’t there`)
		u.sees(outcome)
	}
	dial("n", `bob@\S+ didn’t take the call`)
	carol := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--transfer", k.URI("dave"), "--transfer-after", "1s",
		"--audio-in", "silence", "--audio-out", "null"}, lab.Account(t, k, "carol")...)...)
	carol.AwaitName(0, "registered")
	dave := parties(t, k, "dave")["dave"]
	dial("y", `talking`)
	u.sees(`asks you to talk`)
	u.answers("y", `asks you to talk`)
	dave.AwaitState(0, "confirmed")
	carol.AwaitEvent(0, "done", transfers("transferor", "done"))
	u.sees(`dave@\S+ talking`)
	u.Key("C-x")
	u.sees(`You hung up on dave@`)
	u.quits()
}

// answers presses a key once the question has the keys, and waits until it has gone.
func (u *tui) answers(key, question string) {
	u.t.Helper()
	<-time.After(time.Second) // longer than the grace
	u.Type(key)
	u.AwaitGone(question)
}
