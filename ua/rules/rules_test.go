package rules

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func alice() Party {
	return Party{Name: "Alice Liddell", User: "alice", Domain: "example.org", URI: "sip:alice@example.org"}
}

func phone(user string) Party {
	return Party{User: user, Domain: "example.org", URI: "sip:" + user + "@example.org"}
}

// at is a time in Berlin, where summer time begins on 29 March 2026.
func at(t *testing.T, s string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	out, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return out.UTC()
}

func TestConditions(t *testing.T) {
	header := func(name, value string) Facts { return Facts{Headers: []Header{{name, value}}} }
	for _, test := range []struct {
		name  string
		spec  Spec
		facts Facts
		want  bool
	}{
		{"no condition", Spec{}, Facts{}, true},
		{"user", Spec{Caller: []string{"alice"}}, Facts{Caller: alice()}, true},
		{"user in capitals", Spec{Caller: []string{"ALICE"}}, Facts{Caller: alice()}, true},
		{"exactly", Spec{Caller: []string{"=Alice"}}, Facts{Caller: alice()}, false},
		{"part of a user", Spec{Caller: []string{"lic"}}, Facts{Caller: alice()}, false},
		{"wildcards", Spec{Caller: []string{"a?i*"}}, Facts{Caller: alice()}, true},
		{"set", Spec{Caller: []string{"10[0-4]1"}}, Facts{Caller: phone("1031")}, true},
		{"set turned round", Spec{Caller: []string{"10[!0-4]1"}}, Facts{Caller: phone("1031")}, false},
		{"user and domain", Spec{Caller: []string{"*@example.org"}}, Facts{Caller: alice()}, true},
		{"another domain", Spec{Caller: []string{"*@example.org"}}, Facts{Caller: Party{URI: "sip:alice@example.org.evil"}}, false},
		{"whole URI", Spec{Caller: []string{"sip:alice@*"}}, Facts{Caller: alice()}, true},
		{"scheme", Spec{Caller: []string{"sips:alice@*"}}, Facts{Caller: alice()}, false},
		{"domain", Spec{Caller: []string{"domain:example.*"}}, Facts{Caller: alice()}, true},
		{"display name", Spec{Caller: []string{"name:*liddell"}}, Facts{Caller: alice()}, true},
		{"number through separators", Spec{Caller: []string{"+49301234"}}, Facts{Caller: phone("+49-30 12.34")}, true},
		{"number: of a name", Spec{Caller: []string{"number:*"}}, Facts{Caller: alice()}, false},
		{"user: keeps separators", Spec{Caller: []string{"user:+49301234"}}, Facts{Caller: phone("+49-301234")}, false},
		{"expression", Spec{Caller: []string{`/^\+49(30|40)/`}}, Facts{Caller: phone("+49401")}, true},
		{"expression on the URI", Spec{Caller: []string{`uri:/@EXAMPLE\.org$/i`}}, Facts{Caller: alice()}, true},
		{"one of several", Spec{Caller: []string{"bob", "alice"}}, Facts{Caller: alice()}, true},
		{"not", Spec{Caller: []string{"!alice"}}, Facts{Caller: alice()}, false},
		{"not another", Spec{Caller: []string{"!bob"}}, Facts{Caller: alice()}, true},
		{"one but not", Spec{Caller: []string{"*", "!a*"}}, Facts{Caller: alice()}, false},
		{"callee", Spec{Callee: []string{"alice"}}, Facts{Callee: alice()}, true},
		{"account", Spec{Account: []string{"w*"}}, Facts{Account: "work"}, true},
		{"not the account", Spec{Account: []string{"!work"}}, Facts{Account: "work"}, false},
		{"hours", Spec{Time: []string{"09:00-17:00"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2026-11-20 09:00")}, true},
		{"the end isn't in it", Spec{Time: []string{"09:00-17:00"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2026-11-20 17:00")}, false},
		{"zone", Spec{Time: []string{"09:00-17:00"}, Zone: "America/New_York"}, Facts{At: at(t, "2026-11-20 09:00")}, false},
		{"summer time", Spec{Time: []string{"03:00-03:10"}, Zone: "Europe/Berlin"}, Facts{At: time.Date(2026, 3, 29, 1, 5, 0, 0, time.UTC)}, true},
		{"over midnight, before", Spec{Time: []string{"22:00-06:00"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2026-11-20 23:00")}, true},
		{"over midnight, after", Spec{Time: []string{"22:00-06:00"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2026-11-20 05:59")}, true},
		{"over midnight, outside", Spec{Time: []string{"22:00-06:00"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2026-11-20 06:00")}, false},
		// 20 November 2026 is a Friday.
		{"Friday's night on Saturday", Spec{Time: []string{"22:00-06:00"}, Days: []string{"fri"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2026-11-21 05:00")}, true},
		{"Thursday's night on Friday", Spec{Time: []string{"22:00-06:00"}, Days: []string{"fri"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2026-11-20 05:00")}, false},
		{"until midnight", Spec{Time: []string{"18:00-24:00"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2026-11-20 23:59")}, true},
		{"weekdays", Spec{Days: []string{"mon-fri"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2026-11-21 12:00")}, false},
		{"over the week's end", Spec{Days: []string{"Sat-Mon"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2026-11-22 12:00")}, true},
		{"date", Spec{Dates: []string{"2026-12-24"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2026-12-24 00:00")}, true},
		{"last date", Spec{Dates: []string{"2026-12-24..2027-01-06"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2027-01-06 23:59")}, true},
		{"past the last date", Spec{Dates: []string{"2026-12-24..2027-01-06"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2027-01-07 00:00")}, false},
		{"every year, over New Year", Spec{Dates: []string{"12-24..01-06"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2031-01-03 12:00")}, true},
		{"every year, outside", Spec{Dates: []string{"12-24..01-06"}, Zone: "Europe/Berlin"}, Facts{At: at(t, "2031-07-03 12:00")}, false},
		{"no call", Spec{Calls: "0"}, Facts{}, true},
		{"too many calls", Spec{Calls: "1-3"}, Facts{Calls: 4}, false},
		{"and more", Spec{Calls: "2-"}, Facts{Calls: 9}, true},
		{"header there", Spec{Header: []string{"X-Team"}}, header("x-team", "blue"), true},
		{"header not there", Spec{Header: []string{"X-Team"}}, Facts{}, false},
		{"header's value", Spec{Header: []string{"X-Team: bl*"}}, header("X-Team", "blue"), true},
		{"header's other value", Spec{Header: []string{"X-Team: red"}}, header("X-Team", "blue"), false},
		{"header's exact value", Spec{Header: []string{"X-Team: =Blue"}}, header("X-Team", "blue"), false},
		{"header that mustn't be", Spec{Header: []string{"!X-Team"}}, header("X-Team", "blue"), false},
		{"value that mustn't be", Spec{Header: []string{"!Subject: /spam/i"}}, header("Subject", "no SPAM"), false},
		{"compact name", Spec{Header: []string{"Subject: lunch"}}, header("s", "Lunch"), true},
		{"all headers", Spec{Header: []string{"A", "B"}}, header("A", ""), false},
		{"known", Spec{Source: "known"}, Facts{Known: true}, true},
		{"unknown", Spec{Source: "unknown"}, Facts{Known: true}, false},
		{"anonymous", Spec{Identity: "anonymous"}, Facts{Anonymous: true}, true},
		{"shown", Spec{Identity: "shown"}, Facts{Anonymous: true}, false},
		{"all conditions", Spec{Caller: []string{"alice"}, Calls: "1"}, Facts{Caller: alice()}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, err := Compile(Incoming, []Spec{test.spec})
			if err != nil {
				t.Fatal(err)
			}
			d := Decide(list, test.facts)
			if got := d.Rule != ""; got != test.want {
				t.Errorf("matched %v: %+v", got, d.Trace)
			}
			if len(d.Trace) != 1 || d.Trace[0].Why == "" {
				t.Errorf("the trace says nothing: %+v", d.Trace)
			}
		})
	}
}

func TestRewrite(t *testing.T) {
	germany := Rewrite{CountryCode: "49"}
	berlin := Rewrite{CountryCode: "49", AreaCode: "30"}
	america := Rewrite{CountryCode: "1"}
	italy := Rewrite{CountryCode: "39", TrunkPrefix: "none"}
	for _, test := range []struct {
		rewrite  Rewrite
		in, want string
	}{
		{Rewrite{Strip: 1}, "90301234", "0301234"},
		{Rewrite{Strip: 9}, "12", ""},
		{Rewrite{StripPrefix: "9"}, "9123", "123"},
		{Rewrite{StripPrefix: "9"}, "8123", "8123"},
		{Rewrite{AddPrefix: "00"}, "49301", "0049301"},
		{Rewrite{Strip: 1, AddPrefix: "+49"}, "0301234567", "+49301234567"},
		{Rewrite{Replace: `^(\d\d)00$`, With: "${1}11"}, "1200", "1211"},
		{Rewrite{Replace: `/^x/`, With: ""}, "xbob", "bob"},
		{germany, "030 123-4567", "+49301234567"},
		{germany, "0049301234567", "+49301234567"},
		{germany, "0044201234567", "+44201234567"},
		{germany, "+44201234567", "+44201234567"},
		{germany, "1234567", "1234567"},
		{berlin, "1234567", "+49301234567"},
		{berlin, "110", "110"},
		{berlin, "112", "112"},
		{berlin, "0110", "0110"},
		{berlin, "*97", "*97"},
		{berlin, "bob", "bob"},
		{america, "12125551234", "+12125551234"},
		{america, "2125551234", "+12125551234"},
		{america, "011442012345678", "+442012345678"},
		{america, "911", "911"},
		{italy, "0612345678", "+390612345678"},
		{italy, "00493012345", "+493012345"},
	} {
		list, err := Compile(Outgoing, []Spec{{Rewrite: test.rewrite}})
		if err != nil {
			t.Fatal(err)
		}
		d := Decide(list, Facts{Callee: phone(test.in)})
		if d.Number != test.want {
			t.Errorf("%+v: %q becomes %q, want %q", test.rewrite, test.in, d.Number, test.want)
		}
		if d.Rewritten != (test.want != test.in) {
			t.Errorf("%q: rewritten %v", test.in, d.Rewritten)
		}
	}
}

func TestFirstMatchWinsUnlessContinue(t *testing.T) {
	list, err := Compile(Outgoing, []Spec{
		{Name: "strip", Rewrite: Rewrite{StripPrefix: "9"}, Headers: []string{"X-A: 1"}, Continue: true},
		{Name: "old number", Callee: []string{"9*"}, Action: "reject"},
		{Name: "country", Callee: []string{"0*"}, Rewrite: Rewrite{CountryCode: "49"}, UseAccount: "trunk", Headers: []string{"X-B: 2"}},
		{Name: "never asked", Action: "reject"},
	})
	if err != nil {
		t.Fatal(err)
	}
	d := Decide(list, Facts{Callee: phone("90301234567"), Account: "work"})
	if d.Number != "+49301234567" || d.Account != "trunk" || d.Rule != "country" || d.Action != Undecided ||
		strings.Join(d.Headers, ",") != "X-A: 1,X-B: 2" || len(d.Trace) != 3 || d.Trace[1].Matched {
		t.Errorf("got %+v", d)
	}
	incoming, err := Compile(Incoming, []Spec{
		{Name: "ring", RingName: "urgent", Continue: true},
		{Name: "night", Action: "forward", Target: "vm"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := Decide(incoming, Facts{}); d.Ring != "urgent" || d.Action != Forward || d.Target != "vm" || d.Rule != "night" {
		t.Errorf("got %+v", d)
	}
}

func TestDefaultsOfARefusal(t *testing.T) {
	for d, want := range map[Direction]int{Incoming: 480, Outgoing: 403} {
		list, err := Compile(d, []Spec{{Action: "reject"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := Decide(list, Facts{}); got.Action != Reject || got.Code != want || got.Rule != "number 1" {
			t.Errorf("%v: %+v", d, got)
		}
	}
}

// Every mistake is told with its rule and key.
func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		direction Direction
		spec      Spec
		key, say  string
	}{
		{Incoming, Spec{Caller: []string{"/("}}, "caller", "end it with /"},
		{Incoming, Spec{Caller: []string{"/(/"}}, "caller", "no regular expression"},
		{Incoming, Spec{Caller: []string{"/a/x"}}, "caller", "there is only i"},
		{Incoming, Spec{Caller: []string{"[12"}}, "caller", "no ] closes"},
		{Incoming, Spec{Caller: []string{"!"}}, "caller", "is empty"},
		{Incoming, Spec{Caller: []string{strings.Repeat("a", 2000)}}, "caller", "longer"},
		{Incoming, Spec{Time: []string{"9-17"}}, "time", "09:00-17:30"},
		{Incoming, Spec{Time: []string{"09:00-25:00"}}, "time", "no span"},
		{Incoming, Spec{Time: []string{"09:00-09:00"}}, "time", "empty"},
		{Incoming, Spec{Days: []string{"monday"}}, "days", "mon-fri"},
		{Incoming, Spec{Dates: []string{"2026-02-30"}}, "dates", "no date"},
		{Incoming, Spec{Dates: []string{"2026-02-03..02-04"}}, "dates", "no date"},
		{Incoming, Spec{Dates: []string{"2027-01-01..2026-01-01"}}, "dates", "before it begins"},
		{Incoming, Spec{Zone: "Mars/Olympus", Days: []string{"mon"}}, "zone", "no time zone"},
		{Incoming, Spec{Zone: "UTC"}, "zone", "needs time"},
		{Incoming, Spec{Calls: "many"}, "calls", "no number of calls"},
		{Incoming, Spec{Calls: "3-1"}, "calls", "no number of calls"},
		{Incoming, Spec{Header: []string{": x"}}, "header", "names no header"},
		{Incoming, Spec{Header: []string{"X: /(/"}}, "header", "no regular expression"},
		{Incoming, Spec{Source: "friend"}, "source", "known or unknown"},
		{Incoming, Spec{Identity: "hidden"}, "identity", "anonymous or shown"},
		{Incoming, Spec{Action: "explode"}, "action", "must be one of ring"},
		{Incoming, Spec{Action: "call"}, "action", "must be one of ring"},
		{Incoming, Spec{Action: "reject", Code: 200}, "code", "300 to 699"},
		{Incoming, Spec{Code: 486}, "code", "reject"},
		{Incoming, Spec{Reason: "no"}, "reason", "reject"},
		{Incoming, Spec{Action: "forward"}, "target", "is missing"},
		{Incoming, Spec{Target: "bob"}, "target", "forward"},
		{Incoming, Spec{After: time.Second}, "after", "answer"},
		{Incoming, Spec{UseAccount: "x"}, "use_account", "outgoing"},
		{Incoming, Spec{Rewrite: Rewrite{Strip: 1}}, "action", "outgoing calls only"},
		{Incoming, Spec{Action: "ring", Continue: true}, "continue", "has decided"},
		{Outgoing, Spec{RingName: "x"}, "ring", "incoming"},
		{Outgoing, Spec{Rewrite: Rewrite{Strip: -1}}, "strip", "less than nothing"},
		{Outgoing, Spec{Rewrite: Rewrite{Replace: "("}}, "replace", "no regular expression"},
		{Outgoing, Spec{Rewrite: Rewrite{With: "x"}}, "with", "needs replace"},
		{Outgoing, Spec{Rewrite: Rewrite{CountryCode: "DE"}}, "country_code", "digits"},
		{Outgoing, Spec{Rewrite: Rewrite{AreaCode: "30"}}, "area_code", "needs country_code"},
		{Outgoing, Spec{Rewrite: Rewrite{CountryCode: "49", TrunkPrefix: "x"}}, "trunk_prefix", "digits"},
	} {
		_, err := Compile(test.direction, []Spec{{Name: "good"}, test.spec})
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%+v: no error", test.spec)
			continue
		}
		if e.Index != 1 || e.Key != test.key || !strings.Contains(err.Error(), test.say) || !strings.Contains(err.Error(), "number 2") {
			t.Errorf("key %q of rule %d: %v; want %q: %q", e.Key, e.Index, err, test.key, test.say)
		}
	}
}

var specs = rapid.Custom(func(t *rapid.T) Spec {
	patterns := rapid.SliceOfN(rapid.SampledFrom([]string{"alice", "10??", "!bob", "*@example.org", "name:*a*", `/^\+?\d+$/`}), 0, 3)
	return Spec{
		Caller: patterns.Draw(t, "caller"), Callee: patterns.Draw(t, "callee"),
		Time:  rapid.SliceOfN(rapid.SampledFrom([]string{"09:00-17:00", "22:00-06:00"}), 0, 2).Draw(t, "time"),
		Days:  rapid.SliceOfN(rapid.SampledFrom([]string{"mon-fri", "sun"}), 0, 2).Draw(t, "days"),
		Calls: rapid.SampledFrom([]string{"", "0", "1-"}).Draw(t, "calls"),
		Rewrite: Rewrite{
			Strip: rapid.IntRange(0, 2).Draw(t, "strip"), AddPrefix: rapid.SampledFrom([]string{"", "0", "+49"}).Draw(t, "add"),
			CountryCode: rapid.SampledFrom([]string{"", "49", "1"}).Draw(t, "country"),
		},
		Continue: rapid.Bool().Draw(t, "continue"),
	}
})

// Rules are asked one by one: each is judged once, the last that matched is told, and
// nothing after a match without continue is asked.
func TestDecideAsksInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, err := Compile(Outgoing, rapid.SliceOfN(specs, 0, 6).Draw(t, "rules"))
		if err != nil {
			t.Fatal(err)
		}
		party := rapid.SampledFrom([]Party{alice(), phone("1001"), phone("+49301234"), phone("0301234567"), {}})
		f := Facts{
			Caller: party.Draw(t, "caller"), Callee: party.Draw(t, "callee"), Calls: rapid.IntRange(0, 2).Draw(t, "calls"),
			At: time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "at"), 0),
		}
		d := Decide(list, f)
		if again := Decide(list, f); again.Number != d.Number || again.Rule != d.Rule || len(again.Trace) != len(d.Trace) {
			t.Fatalf("asked twice: %+v and %+v", d, again)
		}
		last := ""
		for i, s := range d.Trace {
			if s.Rule != list[i].Name() {
				t.Fatalf("step %d is of %s", i, s.Rule)
			}
			if s.Matched {
				last = s.Rule
				if i < len(d.Trace)-1 && !list[i].spec.Continue {
					t.Fatalf("asked on after %s", s.Rule)
				}
			}
		}
		if d.Rule != last {
			t.Fatalf("rule %q, the last that matched is %q", d.Rule, last)
		}
		if len(d.Trace) < len(list) && (last == "" || list[len(d.Trace)-1].spec.Continue) {
			t.Fatalf("stopped at step %d of %d without a reason", len(d.Trace), len(list))
		}
		if !d.Rewritten && d.Number != f.Callee.User {
			t.Fatalf("number %q without a rewriting", d.Number)
		}
	})
}

// A number that is international already stays as it is, so a rule may be applied twice.
func TestInternationalIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := Rewrite{
			CountryCode: rapid.SampledFrom([]string{"1", "39", "49", "44"}).Draw(t, "country"),
			AreaCode:    rapid.SampledFrom([]string{"", "30"}).Draw(t, "area"),
			TrunkPrefix: rapid.SampledFrom([]string{"", "none", "8"}).Draw(t, "trunk"),
		}
		s := rapid.StringMatching(`\+?[0-9]{0,14}`).Draw(t, "number")
		once := w.international(s)
		if twice := w.international(once); strings.HasPrefix(once, "+") && twice != once {
			t.Fatalf("%q, then %q, then %q", s, once, twice)
		}
		if once != s && !strings.HasPrefix(once, "+") {
			t.Fatalf("%q becomes %q", s, once)
		}
	})
}

// FuzzCompile checks that no text of a rule panics, and that a rule which compiles can
// be asked about anything.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{"alice", "!name:*x*", "/a(b|c)/i", "[!a-z]", "=", "sip:*@h", "09:00-17:00", "sat-mon", "12-24..01-06", "2-", "X-A: /b/"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		for _, spec := range []Spec{
			{Caller: []string{pattern}}, {Header: []string{pattern}}, {Time: []string{pattern}}, {Days: []string{pattern}},
			{Dates: []string{pattern}}, {Calls: pattern}, {Account: []string{pattern}},
		} {
			list, err := Compile(Incoming, []Spec{spec})
			if err != nil {
				if list != nil {
					t.Fatal("rules beside an error")
				}
				continue
			}
			facts := Facts{
				Caller: Party{Name: text, User: text, Domain: text, URI: text}, Account: text,
				Headers: []Header{{text, text}}, At: time.Unix(int64(len(text))*86399, 0),
			}
			if d := Decide(list, facts); len(d.Trace) != 1 {
				t.Fatalf("trace %+v", d.Trace)
			}
		}
	})
}
