package people

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"offhook/ua"
	"offhook/ua/event"
)

func TestKey(t *testing.T) {
	for _, tt := range []struct{ uri, domain, want string }{
		{"sip:bob@Example.org", "", "bob@example.org"},
		{"SIPS:bob@example.org:5061;transport=tcp", "", "bob@example.org"},
		{"bob@[2001:DB8::1]:5060", "", "bob@[2001:db8::1]"},
		{"102", "example.org", "102@example.org"},
		{"102", "", "102"},
		{"tel:+1 (555) 01-00", "", "+15550100"},
		{"sip:Bob@h?Subject=x", "", "Bob@h"},
		{"", "", ""},
	} {
		if got := Key(tt.uri, tt.domain); got != tt.want {
			t.Errorf("Key(%q, %q) = %q, want %q", tt.uri, tt.domain, got, tt.want)
		}
	}
	if got := Domain("sip:alice@Example.org:5070"); got != "example.org" {
		t.Errorf("domain %q", got)
	}
}

func FuzzKey(f *testing.F) {
	for _, s := range []string{"sip:bob@example.org:5060;lr", "tel:+1-555", "@", "[::1", "a@[::1]:1?x", "sip:sip:@", "\xff@\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		k := Key(uri, "example.org")
		if strings.ContainsAny(k, ";?") {
			t.Fatalf("%q has the key %q", uri, k)
		}
		if _, host, ok := strings.Cut(k, "@"); ok && host != strings.ToLower(host) || !ok && k != Key(uri, "") {
			t.Fatalf("%q has the key %q", uri, k)
		}
	})
}

func book() Book {
	return Book{Contacts: []Contact{
		{UID: "1", Name: "Ann Ohm", Addresses: []Address{{URI: "sip:ann@example.org"}}},
		{UID: "2", Name: "Bob Bell", Nickname: "omega", Addresses: []Address{{URI: "sip:bob@example.org"}, {URI: "+15550100"}}},
		{UID: "3", Name: "Carol", Organization: "Ohm Inc", Addresses: []Address{{URI: "sip:carol@example.org"}}},
	}}
}

func TestSearch(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "sip:ann@example.org sip:bob@example.org ++15550100 sip:carol@example.org"},
		{"om", "sip:bob@example.org ++15550100"},
		{"ohm", "sip:ann@example.org sip:carol@example.org"},
		{"C", "sip:carol@example.org"},
		{"555", "+15550100"},
		{"nobody", ""},
	} {
		var got []string
		for _, e := range book().Search(tt.text) {
			uri := e.Address.URI
			if e.Further {
				uri = "+" + uri
			}
			got = append(got, uri)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%q finds %q, want %q", tt.text, s, tt.want)
		}
	}
}

func TestAddressListKeepsKinds(t *testing.T) {
	c := Contact{Addresses: []Address{{URI: "sip:a@b", Kind: "work"}, {URI: "102", Kind: "home"}}}
	got := c.WithAddresses(" 103 ,, sip:a@b,")
	if fmt.Sprint(got.Addresses) != "[{103 } {sip:a@b work}]" {
		t.Errorf("%v", got.Addresses)
	}
	if l := c.AddressList(); l != "sip:a@b, 102" {
		t.Errorf("%q", l)
	}
}

func TestSuggest(t *testing.T) {
	past := Past{Calls: []Call{
		{Remote: "sip:bob@example.org:5060", Name: "bobby"}, // the contact's address
		{Remote: "sip:oscar@example.org"}, {Remote: "sip:oscar@EXAMPLE.org;lr"},
		{Remote: "sip:anonymous@anonymous.invalid"},
	}}
	for _, tt := range []struct {
		text string
		n    int
		want string
	}{
		{"", 9, "[]"},
		{"bob", 9, "[{Bob Bell sip:bob@example.org} {Bob Bell +15550100}]"},
		{"bob@example.org", 9, "[]"}, // it is there already
		{"oscar", 9, "[{ sip:oscar@example.org}]"},
		{"o", 2, "[{Bob Bell sip:bob@example.org} {Bob Bell +15550100}]"},
		{"anonym", 9, "[]"},
	} {
		if got := fmt.Sprint(Suggest(tt.text, book(), past, "example.org", tt.n)); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestLamps(t *testing.T) {
	calls := func(states ...event.DialogState) event.Info {
		var d event.DialogInfo
		for _, s := range states {
			d.Dialogs = append(d.Dialogs, event.Dialog{State: s, Direction: event.Recipient})
		}
		return d
	}
	presence := func(s event.Basic, activities ...string) event.Info {
		return event.PresenceInfo{Status: s, Activities: activities}
	}
	for _, tt := range []struct {
		name             string
		dialog, presence event.Info
		want             Lamp
	}{
		{"nothing told", nil, nil, LampUnknown},
		{"no call", calls(), nil, LampFree},
		{"rings", calls(event.DialogConfirmed, event.DialogEarly), presence(event.Closed), LampRinging},
		{"talks, and is there", calls(event.DialogConfirmed), presence(event.Open), LampTalking},
		{"presence alone", nil, presence(event.Open), LampFree},
		{"gone", calls(), presence(event.Closed), LampOffline},
		{"away", calls(), presence(event.Open, "away"), LampAway},
		{"away and closed", nil, presence(event.Closed, "vacation"), LampAway},
		{"on the phone by presence", calls(), presence(event.Open, "on-the-phone"), LampTalking},
		{"presence says nothing", calls(), presence(event.BasicUnknown), LampFree},
	} {
		var b Board
		b.Set(ua.SubscriptionInfo{ID: 1, Target: "sip:bob@h:5060", Event: event.Dialogs, Phase: event.Active, Info: tt.dialog})
		b.Set(ua.SubscriptionInfo{ID: 2, Target: "sip:bob@H", Event: event.Presence, Phase: event.Active, Info: tt.presence})
		w, ok := b.Of("bob@h")
		if !ok || w.Lamp != tt.want || len(b.Watched()) != 1 {
			t.Errorf("%s: %+v of %d, want %d", tt.name, w, len(b.Watched()), tt.want)
		}
		if ids := b.IDs("bob@h"); len(ids) != 2 {
			t.Errorf("subscriptions %v", ids)
		}
	}
}

// What was asked once and answered leaves no lamp; what failed stays, as unknown.
func TestLampsOfSubscriptionsThatEnd(t *testing.T) {
	var b Board
	s := ua.SubscriptionInfo{ID: 1, Target: "sip:bob@h", Event: event.Dialogs, Phase: event.Active, Info: event.DialogInfo{}}
	b.Set(s)
	s.Phase = event.Terminated
	b.Set(s)
	if n := len(b.Watched()); n != 0 {
		t.Errorf("%d lamps after the end", n)
	}
	s.Err = errors.New("refused")
	b.Set(s)
	if w, ok := b.Of("bob@h"); !ok || w.Lamp != LampUnknown {
		t.Errorf("%+v %t", w, ok)
	}
	b.Set(ua.SubscriptionInfo{ID: 2, Target: "sip:c@h", Event: event.Reg})
	b.Set(ua.SubscriptionInfo{Target: "sip:c@h", Event: event.Dialogs})
	if n := len(b.Watched()); n != 1 {
		t.Errorf("%d lamps", n)
	}
}

func TestInboxIsBounded(t *testing.T) {
	var b Inbox
	at := time.Unix(0, 0)
	for i := range 2 * maxMessages {
		b.Received(ua.MessageInfo{From: "sip:bob@h", Text: fmt.Sprint(i)}, at)
	}
	for i := range 2 * maxConversations {
		b.Received(ua.MessageInfo{From: fmt.Sprintf("sip:%d@h", i)}, at)
	}
	if n := len(b.All()); n != maxConversations {
		t.Errorf("%d conversations", n)
	}
	if b.All()[0].Key != fmt.Sprintf("%d@h", 2*maxConversations-1) {
		t.Errorf("the first is %q", b.All()[0].Key)
	}
	for i := range 2 * maxMessages {
		b.Sent(ua.MessageID(i+1), "x@h", "x", "a", "hi", at)
	}
	c := b.Find("x@h")
	if len(c.Messages) != maxMessages {
		t.Errorf("%d messages", len(c.Messages))
	}
	if _, ok := b.Result(ua.MessageResult{ID: 1}); ok {
		t.Error("the result of a message that is gone was taken")
	}
	for _, tt := range []struct {
		r    ua.MessageResult
		want Delivery
	}{
		{ua.MessageResult{ID: 2*maxMessages - 2, Code: 200}, Delivered},
		{ua.MessageResult{ID: 2*maxMessages - 1, Code: 202}, Stored},
		{ua.MessageResult{ID: 2 * maxMessages, Err: errors.New("no")}, Undelivered},
	} {
		if _, ok := b.Result(tt.r); !ok {
			t.Errorf("%d isn't known", tt.r.ID)
		}
		if got := c.Messages[int(tt.r.ID)-maxMessages-1].Delivery; got != tt.want {
			t.Errorf("%d: %d, want %d", tt.r.ID, got, tt.want)
		}
	}
}

func TestPast(t *testing.T) {
	var p Past
	for i := range 3 * maxPast {
		p = p.Add(Call{ID: int64(-i), Outcome: Outcome(i % 7)})
	}
	if len(p.Calls) != maxPast || p.Newest() != 0 {
		t.Errorf("%d calls, newest %d", len(p.Calls), p.Newest())
	}
	if p.Missed != 86 {
		t.Errorf("%d missed", p.Missed)
	}
	p = Past{Calls: []Call{{ID: 1, Outcome: Missed}, {ID: 2, Name: "Zoë"}, {ID: 3, Remote: "sip:carol@example.org"}}}
	names := Book{NameOf: func(string) string { return "Kim" }}
	for text, want := range map[string]int{"miss": 1, "zo": 1, "CAROL": 1, "": 3, "nothing": 0} {
		if got := len(p.Search(text, Book{})); got != want {
			t.Errorf("%q finds %d, want %d", text, got, want)
		}
	}
	if got := len(p.Search("kim", names)); got != 1 {
		t.Errorf("by the contact's name: %d", got)
	}
	if got := p.Without(2); len(got.Calls) != 2 || len(p.Calls) != 3 {
		t.Errorf("%v of %v", got, p)
	}
}
