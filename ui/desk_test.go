package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ua/event"
	"offhook/ui/keys"
	"offhook/ui/people"
)

func TestSuggestions(t *testing.T) {
	for _, tt := range []struct {
		name string
		keys []string
		want string
	}{
		{"typed text is dialled as it is", []string{"ca", "enter"}, "dial 1 ca from alice"},
		{"chosen by the arrow", []string{"ca", "down", "enter"}, "dial 1 sip:carol@example.com from alice"},
		{"completed by tab", []string{"ca", "tab", "enter"}, "dial 1 carol@example.com from alice"},
		{"the arrow up leads back", []string{"ca", "down", "up", "enter"}, "dial 1 ca from alice"},
		{"from the calls that were", []string{"erin", "down", "enter"}, "dial 1 sip:erin@example.org from alice"},
		{"a whole name", []string{"bob bell", "enter"}, "dial 1 sip:bob@example.com from alice"},
		{"recall is as it was", []string{"up", "enter"}, "dial 1 sip:old@example.org from alice"},
		{"recall while something is typed", []string{"ca", "up", "enter"}, "dial 1 sip:old@example.org from alice"},
		{"nothing to complete: tab goes round", []string{"zzz", "tab", "enter"}, "dial 1 zzz from alice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := office(t, Options{Dialled: []string{"sip:old@example.org"}})
			b.press(tt.keys...)
			b.wantCommands(tt.want)
		})
	}
}

func TestHistoryOverlay(t *testing.T) {
	past := yesterday()
	b := office(t, Options{Journal: past})
	b.wantScreen("1 missed call")
	b.act("f7")
	if past.looked != 5 {
		t.Errorf("looked up to %d", past.looked)
	}
	b.wantNotOnScreen("1 missed call")
	b.press("erin", "enter")
	b.wantCommands("dial 1 sip:erin@example.org from alice")
	b.set(outgoing(1, call.Early))

	b.act("f7")
	b.press("kimura")
	b.wantScreen("No call matches")
	b.press("ctrl+u", "木村", "ctrl+t", "hi", "enter")
	b.wantCommands("message sip:carol@example.com: hi")
	b.press("esc")
	b.press("ctrl+d")
	b.wantScreen("Press ctrl+d again to delete this call")
	b.press("down") // another one: asked afresh
	b.press("up", "ctrl+d")
	if len(past.past.Calls) != 5 {
		t.Errorf("%d calls before it was asked for twice", len(past.past.Calls))
	}
	b.act("ctrl+d")
	if len(past.past.Calls) != 4 {
		t.Errorf("%d calls after deleting one", len(past.past.Calls))
	}
	b.press("ctrl+u", "bob", "ctrl+n")
	b.wantScreen("in the address book already")
	b.press("ctrl+u", "frank", "ctrl+n")
	b.wantScreen("New contact", "sip:frank@example.org")
}

// A call that ends shows up when it was recorded; one that was answered elsewhere isn't missed.
func TestCallsAppearWhenRecorded(t *testing.T) {
	past := yesterday()
	b := office(t, Options{Journal: past})
	past.past = past.past.Add(people.Call{ID: 6, Incoming: true, Outcome: people.Missed, Remote: "sip:hugo@example.com", Started: start})
	past.changed <- struct{}{}
	msg := b.awaitCall()() // the sign is there
	if _, ok := msg.(recordedMsg); !ok {
		t.Fatalf("%T", msg)
	}
	b.run(b.readPast())
	b.wantScreen("hugo@example.com", "2 missed calls")
	close(past.changed)
	if msg := b.awaitCall()(); msg != nil {
		t.Errorf("%T after the end", msg)
	}
}

func TestCallsOfThisRunOnly(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	end := func(id ua.CallID, edit func(*ua.CallInfo)) {
		c := incoming(id, "", "sip:bob@example.com")
		c.State, c.Cause, c.Ended = call.Ended, call.RemoteCanceled, start
		edit(&c)
		b.set(c)
	}
	end(1, func(*ua.CallInfo) {})
	end(2, func(c *ua.CallInfo) { c.Cause = call.AnsweredElsewhere })
	end(3, func(c *ua.CallInfo) { c.Direction = ua.Outgoing })
	b.wantScreen("1 missed call ", "missed", "elsewhere")
	b.act("f7")
	b.press("down", "down", "ctrl+d", "ctrl+d", "up", "enter")
	b.wantCommands("dial 4 sip:bob@example.com from alice")
	if n := len(b.desk.past.Calls); n != 2 {
		t.Errorf("%d calls", n)
	}
}

func TestMessages(t *testing.T) {
	b := chat(t, Options{})
	b.wantScreen("delivered", "not delivered: they can’t be reached", "Twelve then:", "› Till th")
	b.wantNotOnScreen("unread message")
	b.phone.Commands()

	// What was begun stays, and what comes from others is unread.
	b.press("esc", "esc")
	b.text("sip:zoe@example.net", "Zoë", "line one\nline two")
	b.wantScreen("1 unread message", "Zoë writes: line one")
	b.act("f8")
	b.press("kim", "enter", "en", "enter")
	b.wantCommands("message sip:carol@example.com: Till then")
	b.press("esc", "ctrl+u", "zo", "enter")
	b.wantScreen("line two")
	b.wantNotOnScreen("unread")

	// The peer of a call, and whom nobody has written to.
	b.press("esc", "esc")
	b.set(talking(1, "", "sip:dave@example.org"))
	b.press("tab", "w", "you sound far away", "enter")
	b.wantCommands("message sip:dave@example.org: you sound far away")
	b.press("esc")
	b.change(1, func(c *ua.CallInfo) { c.RemoteURI = "sip:anonymous@anonymous.invalid" })
	b.press("w")
	b.wantScreen("there is nobody to write to")
	b.wantCommands()
}

// The answer to a message of an extension comes from the same conversation's address.
func TestOneConversationForAnExtension(t *testing.T) {
	b := office(t, Options{})
	b.act("f8")
	b.press("103", "enter", "hi", "enter")
	b.text("sip:103@example.com:5070;transport=udp", "", "hello back")
	b.wantScreen("hi", "hello back", "103@example.com")
	b.wantNotOnScreen("(103)") // the title has the address once
	if n := len(b.desk.inbox.All()); n != 2 {
		t.Errorf("%d conversations", n)
	}
}

func TestMailbox(t *testing.T) {
	b := office(t, Options{})
	b.wantScreen("2 new, 1 old messages")
	b.press("f9")
	b.wantCommands("dial 1 *97 from alice")

	// Without a configured number, what the mailbox says of itself is dialled.
	b = newBench(t, Options{}, alice(ua.Registered))
	b.press("f9")
	b.wantScreen("No number of the mailbox is known")
	b.wantCommands()
	b.phone.Post(ua.SubscriptionChanged{Meta: b.phone.Meta(), Subscription: ua.SubscriptionInfo{
		Account: "alice", Event: event.MessageSummary, Info: event.VoicemailInfo{Waiting: true, Account: "sip:vm@example.com"},
	}})
	b.drain()
	b.wantScreen("new messages")
	b.press("f9")
	b.wantCommands("dial 1 sip:vm@example.com from alice")
}

func TestPickupOfAWatchedPhone(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.press("alt+u")
	b.wantCommands()
	b.lamp(1, "sip:102@example.com", event.DialogEarly)
	b.wantScreen("102’s phone rings: alt+u picks the call up", "102 ringing")
	b.press("alt+u")
	b.wantCommands("pickup 1 sip:102@example.com from alice")
	b.lamp(1, "sip:102@example.com", event.DialogTerminated)
	b.wantScreen("102 free")
}

func TestWatchAContact(t *testing.T) {
	b := newBench(t, Options{Contacts: friends()}, alice(ua.Registered))
	b.run(b.readBook())
	b.act("f6")
	b.press("carol", "ctrl+g")
	b.wantCommands("subscribe dialog sip:carol@example.com", "subscribe presence sip:carol@example.com")
	b.lamp(1, "sip:carol@example.com", event.DialogTerminated)
	b.presence(2, "sip:carol@example.com", event.PresenceInfo{Status: event.Closed, Note: "gone fishing"})
	b.wantScreen("offline: gone fishing", "unwatch")
	b.press("ctrl+g")
	b.wantCommands("unsubscribe 1", "unsubscribe 2")
	b.wantNotOnScreen("offline")
}

func TestOwnPresence(t *testing.T) {
	b := newBench(t, Options{}, alice(ua.Registered))
	b.press("alt+p", "down", "at lunch", "enter")
	b.wantCommands("publish closed at lunch")
	b.phone.Post(ua.PresencePublished{Meta: b.phone.Meta(), Publication: ua.PublicationInfo{
		Account: "alice", Phase: event.Active, Status: event.Closed, Note: "at lunch",
	}})
	b.drain()
	b.wantScreen("unavailable: at lunch")
	b.press("alt+p", "down", "enter")
	b.wantCommands("publish unknown ")
}

// A call that comes while somebody writes waits for a pause, and leaves the text alone.
func TestIncomingCallLeavesTheTextAlone(t *testing.T) {
	b := chat(t, Options{})
	b.set(incoming(1, "", "sip:bob@example.com"))
	b.press("a")
	b.wantCommands("message sip:carol@example.com: Twelve is fine.", "message sip:carol@example.com: Or one?")
	b.after(time.Second)
	b.press("i")
	b.press("b")
	b.wantScreen("› Till thab")
	b.press("enter")
	b.wantCommands("message sip:carol@example.com: Till thab")
}

func TestHostileTextAtTheDesk(t *testing.T) {
	for _, bad := range hostile {
		for _, open := range []string{"f6", "f7", "f8", "alt+p", ""} {
			book := &cards{all: []people.Contact{{UID: "1", Name: bad, Nickname: bad, Organization: bad, Addresses: []people.Address{{URI: bad, Kind: bad}}}}}
			past := yesterday()
			past.past.Calls = append(past.past.Calls, people.Call{ID: 9, Name: bad, Remote: bad, Words: bad, Account: bad})
			b := office(t, Options{Contacts: book, Journal: past})
			b.text("sip:"+bad, bad, strings.Repeat(bad+"\n", 3))
			b.presence(7, "sip:"+bad, event.PresenceInfo{Status: event.Open, Note: bad})
			b.phone.Post(ua.PresencePublished{Meta: b.phone.Meta(), Publication: ua.PublicationInfo{Account: "alice", Status: event.Open, Note: bad, Err: errors.New(bad)}})
			b.drain()
			if open == "" {
				b.press("e")
			} else {
				b.act(open)
			}
			for _, then := range []string{"down", "enter"} {
				for _, size := range [][2]int{{36, 10}, {40, 12}, {80, 24}, {100, 24}, {120, 40}} {
					b.size(size[0], size[1])
					checkScreen(t, b.View(), size[0], size[1])
				}
				b.press(then)
			}
		}
	}
}

// Every panel takes the keys of the line, and esc closes it.
func TestPanelsCanBeLeft(t *testing.T) {
	for _, open := range []string{"f6", "f7", "f8", "alt+p"} {
		b := office(t, Options{})
		b.act(open)
		b.press("xyz", "left", "backspace", "home", "ctrl+k")
		if got := b.panel().Line().Text(); got != "" {
			t.Errorf("%s: %q is left", open, got)
		}
		b.press("f1", "esc", "esc")
		if b.panel() != nil || b.context() != keys.InDial {
			t.Errorf("%s: still open", open)
		}
		b.wantCommands()
	}
}
