package event

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestVoicemail(t *testing.T) {
	for body, want := range map[string]VoicemailInfo{
		// RFC 3842, section 5.2.
		"Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\nVoice-Message: 2/8 (0/2)\r\n": {
			Waiting: true, Account: "sip:alice@vmail.example.com", New: 2, Old: 8, UrgentOld: 2},
		"messages-waiting:no\n":                      {},
		"Messages-Waiting: no\nVoice-Message: 0/0\n": {},
		"Messages-Waiting: Yes\r\nVoice-Message: 1 / 2 (1/0)\r\nFax-Message: 3/4\r\n\r\nTo: x\r\nnot a header at all\r\n": {
			Waiting: true, New: 1, Old: 2, UrgentNew: 1, Other: map[string]Counts{"fax-message": {New: 3, Old: 4}}},
	} {
		got, err := ParseVoicemail([]byte(body))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", body, got, err)
		}
	}
	for _, bad := range []string{
		"", "\r\n", "Voice-Message: 1/2\r\n", "Messages-Waiting: maybe\r\n", "Messages-Waiting: yes\r\nVoice-Message: -1/2\r\n",
		"Messages-Waiting: yes\r\nVoice-Message: 99999999999999999999/2\r\n", "Messages-Waiting yes",
		"Messages-Waiting: yes\r\nVoice-Message: 1/2 (3\r\n", strings.Repeat("x: y\r\n", 10000),
	} {
		if got, err := ParseVoicemail([]byte(bad)); !errors.Is(err, ErrBody) {
			t.Errorf("%.60q: %+v, %v", bad, got, err)
		}
	}
}

// RFC 4235, section 6.2, with a rendering as section 5.2 has it.
const dialogDoc = `<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:alice@example.com">
 <dialog id="as7d900as8" call-id="a84b4c76e66710" local-tag="1928301774" remote-tag="456887766" direction="recipient">
  <state event="remote-bye" code="180">early</state>
  <duration>12</duration>
  <local><identity display="Alice">sip:alice@example.com</identity><target uri="sip:alice@pc33.example.com"><param pname="+sip.rendering" pval="no"/></target></local>
  <remote><identity display="Bob">sip:bob@example.org</identity><target uri="sip:bobster@phone21.example.org"/></remote>
 </dialog>
</dialog-info>`

func TestDialogInfo(t *testing.T) {
	want := DialogInfo{Entity: "sip:alice@example.com", Version: 1, Dialogs: []Dialog{{
		ID: "as7d900as8", CallID: "a84b4c76e66710", LocalTag: "1928301774", RemoteTag: "456887766", Direction: Recipient,
		State: DialogEarly, Event: "remote-bye", Code: 180, Duration: 12 * time.Second, Held: true,
		Local:  Party{"sip:alice@example.com", "Alice", "sip:alice@pc33.example.com"},
		Remote: Party{"sip:bob@example.org", "Bob", "sip:bobster@phone21.example.org"},
	}}}
	for _, doc := range []string{dialogDoc, string(want.Format())} {
		got, err := ParseDialogInfo([]byte(doc))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nread as %+v, %v", doc, got, err)
		}
	}
	if want.Lamp() != LampRinging {
		t.Errorf("lamp %s", want.Lamp())
	}
}

func TestLamp(t *testing.T) {
	d := func(s DialogState, dir DialogDirection, held bool) Dialog {
		return Dialog{State: s, Direction: dir, Held: held}
	}
	for _, c := range []struct {
		dialogs []Dialog
		want    Lamp
	}{
		{nil, LampIdle},
		{[]Dialog{d(DialogTerminated, Recipient, false)}, LampIdle},
		{[]Dialog{d(DialogEarly, Initiator, false)}, LampCalling},
		{[]Dialog{d(DialogTrying, DirectionUnknown, false)}, LampCalling},
		{[]Dialog{d(DialogConfirmed, Recipient, true)}, LampHeld},
		{[]Dialog{d(DialogConfirmed, Recipient, true), d(DialogConfirmed, Initiator, false)}, LampBusy},
		{[]Dialog{d(DialogConfirmed, Initiator, false), d(DialogEarly, Recipient, false)}, LampRinging},
	} {
		if got := (DialogInfo{Dialogs: c.dialogs}).Lamp(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.dialogs, got, c.want)
		}
	}
}

// RFC 4235, section 4.3.
func TestDialogVersions(t *testing.T) {
	one := func(id string, s DialogState) Dialog { return Dialog{ID: id, State: s} }
	full := DialogInfo{Version: 4, Dialogs: []Dialog{one("a", DialogEarly), one("b", DialogConfirmed)}}
	partial := func(v uint64, ds ...Dialog) DialogInfo { return DialogInfo{Version: v, Partial: true, Dialogs: ds} }
	for name, c := range map[string]struct {
		before Info
		now    DialogInfo
		want   []Dialog
		ok     bool
	}{
		"a change and a new one": {full, partial(5, one("a", DialogConfirmed), one("c", DialogEarly)),
			[]Dialog{one("a", DialogConfirmed), one("b", DialogConfirmed), one("c", DialogEarly)}, true},
		"what has ended is told once": {DialogInfo{Version: 1, Dialogs: []Dialog{one("a", DialogTerminated)}}, partial(2, one("b", DialogEarly)),
			[]Dialog{one("b", DialogEarly)}, true},
		"a gap":                       {full, partial(6, one("a", DialogConfirmed)), []Dialog{one("a", DialogConfirmed), one("b", DialogConfirmed)}, false},
		"overtaken":                   {full, partial(4, one("a", DialogTerminated)), full.Dialogs, true},
		"changes of what isn't known": {nil, partial(1, one("a", DialogEarly)), []Dialog{one("a", DialogEarly)}, false},
		"full, whatever its version":  {full, DialogInfo{Version: 0}, nil, true},
	} {
		got, ok := Merge(c.before, c.now)
		if d := got.(DialogInfo); ok != c.ok || !reflect.DeepEqual(d.Dialogs, c.want) || d.Partial {
			t.Errorf("%s: %+v, %t", name, d, ok)
		}
	}
}

func TestPresence(t *testing.T) {
	// RFC 4480, section 5, shortened.
	doc := `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
 xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="pres:someone@example.com">
 <tuple id="bs35r9"><status><basic>open</basic></status><contact priority="0.8">im:someone@mobile.example.net</contact>
  <note>Don't disturb</note><timestamp>2005-05-30T16:14:29Z</timestamp></tuple>
 <tuple id="x"><status><basic>closed</basic></status></tuple>
 <dm:person id="p1"><rpid:activities from="2005-05-30T12:00:00+05:00"><rpid:note>Far away</rpid:note><rpid:away/><rpid:on-the-phone/></rpid:activities>
  <dm:note>Scoring 120</dm:note></dm:person>
</presence>`
	got, err := ParsePresence([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2005, 5, 30, 16, 14, 29, 0, time.UTC)
	want := PresenceInfo{Entity: "pres:someone@example.com", Status: Open, Note: "Don't disturb", Activities: []string{"away", "on-the-phone"},
		Tuples: []Tuple{{"bs35r9", "im:someone@mobile.example.net", "Don't disturb", Open, at}, {ID: "x", Status: Closed}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read as %+v", got)
	}
	ours := PresenceInfo{Entity: "sip:a@b", Status: Closed, Note: "<lunch> & \"more\"", Activities: []string{"meal"},
		Tuples: []Tuple{{ID: "t1", Contact: "sip:a@1.2.3.4", Status: Closed, Timestamp: at}}}
	text := ours.Format()
	if back, err := ParsePresence(text); err != nil || !reflect.DeepEqual(back, ours) {
		t.Errorf("%s\nread as %+v, %v", text, back, err)
	}
}

func TestRegInfo(t *testing.T) {
	// RFC 3680, section 5.3, shortened.
	doc := `<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">
<registration aor="sip:user@example.com" id="as9" state="active">
 <contact id="76" state="active" event="registered" duration-registered="7322" expires="120" q="0.8"><uri>sip:user@pc887.example.com</uri></contact>
</registration></reginfo>`
	got, err := ParseRegInfo([]byte(doc))
	want := RegInfo{Registrations: []RegInfoEntry{{ID: "as9", AOR: "sip:user@example.com", State: "active", Contacts: []RegContact{
		{ID: "76", URI: "sip:user@pc887.example.com", State: "active", Event: "registered", Expires: 2 * time.Minute, Q: "0.8"}}}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("read as %+v, %v", got, err)
	}
	change := RegInfo{Version: 1, Partial: true, Registrations: []RegInfoEntry{{ID: "as9", AOR: "sip:user@example.com", State: "active", Contacts: []RegContact{
		{ID: "77", State: "active"}}}}}
	merged, ok := Merge(got, change)
	if n := len(merged.(RegInfo).Registrations[0].Contacts); !ok || n != 2 {
		t.Errorf("merged into %+v, %t", merged, ok)
	}
}

func TestConference(t *testing.T) {
	doc := func(version, state, users string) []byte {
		return []byte(`<conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sips:c@example.com" state="` + state + `" version="` + version + `">
<conference-description><subject>Agenda</subject></conference-description><users>` + users + `</users></conference-info>`)
	}
	full, err := ParseConference(doc("1", "full", `<user entity="sip:bob@example.com" state="full"><display-text>Bob</display-text><endpoint entity="x"><status>connected</status></endpoint></user>`))
	if err != nil || full.Subject != "Agenda" || len(full.Users) != 1 || full.Users[0] != (ConferenceUser{Entity: "sip:bob@example.com", Display: "Bob", Status: "connected"}) {
		t.Fatalf("%+v, %v", full, err)
	}
	part, err := ParseConference(doc("2", "partial", `<user entity="sip:bob@example.com" state="deleted"/><user entity="sip:eve@example.com"/>`))
	if err != nil {
		t.Fatal(err)
	}
	merged, ok := Merge(full, part)
	if users := merged.(ConferenceInfo).Users; !ok || len(users) != 1 || users[0].Entity != "sip:eve@example.com" {
		t.Errorf("merged into %+v", users)
	}
}

func TestHostileDocuments(t *testing.T) {
	for name, doc := range map[string]string{
		"entities":  `<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><dialog-info version="0" state="full" entity="&b;"/>`,
		"external":  `<!DOCTYPE d SYSTEM "file:///etc/passwd"><dialog-info version="0" state="full" entity="x"/>`,
		"deep":      strings.Repeat("<dialog-info>", 5000),
		"wide":      `<dialog-info version="0" state="full" entity="x">` + strings.Repeat("<a/>", 6000) + `</dialog-info>`,
		"large":     `<dialog-info version="0" state="full" entity="` + strings.Repeat("x", 70000) + `"/>`,
		"other":     `<presence/>`,
		"cut":       dialogDoc[:200],
		"empty":     "",
		"state":     strings.Replace(dialogDoc, `>early<`, `>asleep<`, 1),
		"not UTF-8": "<dialog-info version='0' state='full' entity='\xff'/>",
		"version":   strings.Replace(dialogDoc, `version="1" s`, `version="-1" s`, 1),
	} {
		if got, err := ParseDialogInfo([]byte(doc)); !errors.Is(err, ErrBody) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	// What a terminal would obey isn't handed on.
	got, err := ParseDialogInfo([]byte(strings.Replace(dialogDoc, `display="Bob"`, "display=\"\u202eB&#9;o\u2028b\"", 1)))
	if err != nil || got.Dialogs[0].Remote.Display != "B o b" {
		t.Errorf("display %q, %v", got.Dialogs[0].Remote.Display, err)
	}
}

func TestLookupAndTypes(t *testing.T) {
	for _, name := range Packages() {
		p, err := Lookup(strings.ToUpper(name))
		if err != nil || p.Name != name {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if _, err := p.Parse("text/html", []byte("x")); !errors.Is(err, ErrType) {
			t.Errorf("%s of text/html: %v", name, err)
		}
		if _, err := p.Parse(p.Type+";charset=utf-8", []byte("\x00")); !errors.Is(err, ErrBody) {
			t.Errorf("%s that is no document: %v", name, err)
		}
	}
	if p, err := Lookup("mwi"); err != nil || p.Name != MessageSummary {
		t.Errorf("mwi: %+v, %v", p, err)
	}
	if _, err := Lookup("weather"); err == nil {
		t.Error("weather is known")
	}
}

func TestHeaders(t *testing.T) {
	for value, want := range map[string]State{
		"active":                                        {Phase: Active},
		"Active ; expires=\"60\"":                       {Phase: Active, Expires: time.Minute, HasExpires: true},
		"pending;expires=99999999999999999999":          {Phase: Pending, Expires: (1<<32 - 1) * time.Second, HasExpires: true},
		"terminated;reason=Probation;retry-after=5 (x)": {Phase: Terminated, Reason: Probation, RetryAfter: 5 * time.Second},
		"terminated":                                    {Phase: Terminated},
		"":                                              {Phase: Active},
		"weird;expires=x":                               {Phase: Active},
	} {
		if got := ParseState(value); got != want {
			t.Errorf("%q: %+v", value, got)
		}
		if s := want.String(); ParseState(s) != want {
			t.Errorf("%+v written as %q", want, s)
		}
	}
	if got := ParseType("Dialog;id=7"); got != (Type{"dialog", "7"}) || got.String() != "dialog;id=7" {
		t.Errorf("%+v", got)
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct{ kind, body, want string }{
		{"text/plain", "Hi\r\nthere\t!", "Hi\nthere\t!"},
		{"", "bare", "bare"},
		{"text/plain;charset=UTF-8", "grün \xff\x1b[31m", "grün \ufffd"},
		{"text/plain; charset=ISO-8859-1", "gr\xfcn", "grün"},
		{"message/cpim", "From: <im:a@b>\r\n\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello", "Hello"},
		{"Message/CPIM", "To: x\n\nContent-ID: 1\n\nHello", "Hello"},
		{"text/plain", "a\u202eb", "ab"},
	} {
		if got, ok := Text(c.kind, []byte(c.body)); !ok || got != c.want {
			t.Errorf("%s %q: %q, %t", c.kind, c.body, got, ok)
		}
	}
	for _, c := range []struct{ kind, body string }{
		{"text/html", "<b>"}, {"application/octet-stream", "x"}, {"message/cpim", "no parts"}, {";;", "x"},
		{"message/cpim", "A: b\r\n\r\nContent-Type: message/cpim\r\n\r\nA: b\r\n\r\n\r\n\r\nHello"},
	} {
		if got, ok := Text(c.kind, []byte(c.body)); ok {
			t.Errorf("%s gave %q", c.kind, got)
		}
	}
	if got, _ := Text("text/plain", []byte(strings.Repeat("ü", MaxText))); len(got) > MaxText || !strings.HasSuffix(got, "ü") {
		t.Errorf("%d bytes kept", len(got))
	}
}

// A body that is read can be written and read again as the same, and one that
// isn't gives nothing.
func FuzzBodies(f *testing.F) {
	for _, s := range []string{dialogDoc, "Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n",
		`<presence entity="a"><tuple id="x"><status><basic>open</basic></status></tuple></presence>`,
		`<reginfo version="0" state="full"><registration aor="a" id="b" state="active"/></reginfo>`,
		`<conference-info entity="a" state="full" version="1"><users><user entity="b"/></users></conference-info>`,
		"From: <im:a@b>\r\n\r\nContent-Type: text/plain\r\n\r\nHello"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, p := range packages {
			info, err := p.parse(body)
			if err != nil {
				if info != nil {
					t.Fatalf("%s: %+v beside %v", p.Name, info, err)
				}
				continue
			}
			if merged, _ := Merge(info, info); merged == nil {
				t.Fatalf("%s: merged into nothing", p.Name)
			}
			var text []byte
			switch info := info.(type) {
			case VoicemailInfo:
				info.Other = nil
				text = info.Format()
			case DialogInfo:
				text = info.Format()
			case PresenceInfo:
				text = info.Format()
			default:
				continue
			}
			if _, err := p.parse(text); err != nil {
				t.Fatalf("%s: what was written can't be read: %v\n%s", p.Name, err, text)
			}
		}
		if s, ok := Text(TypeCPIM, body); ok && strings.ContainsAny(s, "\x1b\x00\x7f") {
			t.Fatalf("%q came through", s)
		}
		ParseState(string(body))
		ParseType(string(body))
	})
}
