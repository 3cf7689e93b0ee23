package config

import (
	"fmt"
	"time"
)

// Rules are the [[rule.incoming]] and [[rule.outgoing]] tables, in their order. What the
// texts mean is for who uses them to say; Line finds where a mistake stands.
type Rules struct {
	Incoming, Outgoing []Rule
}

// Rule is one rule; each direction has some of the keys.
type Rule struct {
	Name                             string
	Caller, Callee, Account          []string
	Time, Days, Dates                []string
	Zone, Calls                      string
	Header                           []string
	Source, Identity                 string
	Action                           string
	Code                             int
	Reason, Target                   string
	After                            time.Duration
	Ring                             string
	UseAccount                       string
	Strip                            int
	StripPrefix, Replace, With       string
	AddPrefix, CountryCode, AreaCode string
	TrunkPrefix, InternationalPrefix string
	Headers                          []string
	Continue                         bool
}

// Ring is a [[ring]] table: how calls with a certain Alert-Info ring.
type Ring struct {
	Alert []string
	Ring  string
}

func ruleColumn(table, name, doc string, ptr func(*Rule) *string, k kind[string]) field[Rule] {
	return column(Key{Table: table, Name: name, Doc: doc}, ptr, "", k)
}

// conditions are the keys of a rule that say when it holds.
func conditions(table string) []field[Rule] {
	list := func(name, doc string, ptr func(*Rule) *[]string) field[Rule] {
		return column(Key{Table: table, Name: name, Doc: doc}, ptr, nil, oneOrMore)
	}
	return []field[Rule]{
		ruleColumn(table, "name", "How explanations call the rule. Without it: its number.", func(r *Rule) *string { return &r.Name }, text),
		list("caller", "Who calls, by patterns: \"1001\", \"+49*\", \"*@example.com\", \"name:*sales*\", \"/^10[0-9]$/\", \"!1002\" for anybody else.", func(r *Rule) *[]string { return &r.Caller }),
		list("callee", "Who is called, by the same patterns.", func(r *Rule) *[]string { return &r.Callee }),
		list("account", "Name of the account that is called, or that calls.", func(r *Rule) *[]string { return &r.Account }),
		list("time", "Times of day, such as \"09:00-17:30\"; one over midnight belongs to the day on which it begins.", func(r *Rule) *[]string { return &r.Time }),
		list("days", "Days of the week, such as \"mon-fri\" or \"sat\".", func(r *Rule) *[]string { return &r.Days }),
		list("dates", "Dates: \"2026-12-24\", \"2026-12-24..2027-01-06\", or every year \"12-24..01-06\".", func(r *Rule) *[]string { return &r.Dates }),
		ruleColumn(table, "zone", "Time zone of time, days and dates, such as \"Europe/Berlin\". Without it: this machine's.", func(r *Rule) *string { return &r.Zone }, text),
		ruleColumn(table, "calls", "How many other calls there are: \"0\", \"1-3\", or \"2-\" for two and more.", func(r *Rule) *string { return &r.Calls }, text),
		list("header", "Headers that must all be there: \"Name\", \"Name: pattern\", \"!Name\" for one that mustn't.", func(r *Rule) *[]string { return &r.Header }),
	}
}

func incomingKeys() []field[Rule] {
	const table = "rule.incoming"
	return append(conditions(table),
		ruleColumn(table, "source", "Whether the call came from the account's own servers.", func(r *Rule) *string { return &r.Source }, oneOf("known", "unknown")),
		ruleColumn(table, "identity", "Whether the caller hides who they are.", func(r *Rule) *string { return &r.Identity }, oneOf("anonymous", "shown")),
		ruleColumn(table, "action", "What to do: let it ring (do-not-disturb or not), show it in silence, answer, forward or reject it. Without it: only the ring is set.", func(r *Rule) *string { return &r.Action }, oneOf("ring", "silence", "answer", "forward", "reject")),
		column(Key{Table: table, Name: "code", Default: "0", Doc: "SIP code of a rejection, 300 to 699. 0 is 480."}, func(r *Rule) *int { return &r.Code }, 0, integer(0, 699)),
		ruleColumn(table, "reason", "Reason phrase of a rejection.", func(r *Rule) *string { return &r.Reason }, text),
		ruleColumn(table, "target", "Where a forwarded call goes: a SIP URI or a number.", func(r *Rule) *string { return &r.Target }, target),
		column(Key{Table: table, Name: "after", Default: `"0s"`, Doc: "How long a call rings before it is answered."}, func(r *Rule) *time.Duration { return &r.After }, 0, duration(0, time.Minute)),
		ruleColumn(table, "ring", "How it rings: standard, internal, external, group, urgent, bellcore-dr1 to bellcore-dr5, silent, or file:PATH of a WAV, Ogg-Opus or bare samples.", func(r *Rule) *string { return &r.Ring }, text),
		column(Key{Table: table, Name: "continue", Default: "false", Doc: "Go on to the rules below after a match."}, func(r *Rule) *bool { return &r.Continue }, false, boolean),
	)
}

func outgoingKeys() []field[Rule] {
	const table = "rule.outgoing"
	return append(conditions(table),
		ruleColumn(table, "action", "Whether to let the call go out or keep it from being made. Without it: it goes out, changed as follows.", func(r *Rule) *string { return &r.Action }, oneOf("call", "reject")),
		ruleColumn(table, "target", "What to call instead: a SIP URI or a number.", func(r *Rule) *string { return &r.Target }, target),
		ruleColumn(table, "use_account", "Name of the account to call from.", func(r *Rule) *string { return &r.UseAccount }, name),
		column(Key{Table: table, Name: "strip", Default: "0", Doc: "How many characters to take from the front of the number. The changes are made in the order of these keys."}, func(r *Rule) *int { return &r.Strip }, 0, integer(0, 64)),
		ruleColumn(table, "strip_prefix", "What to take from the front of the number when it is there.", func(r *Rule) *string { return &r.StripPrefix }, text),
		ruleColumn(table, "replace", "Regular expression (RE2): what of the number to replace.", func(r *Rule) *string { return &r.Replace }, text),
		ruleColumn(table, "with", "What replace puts there; $1 is its first group.", func(r *Rule) *string { return &r.With }, text),
		ruleColumn(table, "add_prefix", "What to put in front of the number.", func(r *Rule) *string { return &r.AddPrefix }, text),
		ruleColumn(table, "country_code", "Country, such as \"49\": makes the number international (E.164) by the prefixes below. Numbers of less than six digits stay.", func(r *Rule) *string { return &r.CountryCode }, text),
		ruleColumn(table, "area_code", "Area, such as \"30\": for numbers without any prefix, which stay as they are without it.", func(r *Rule) *string { return &r.AreaCode }, text),
		ruleColumn(table, "trunk_prefix", "What national numbers begin with, or \"none\". Without it: \"0\", in country 1 \"1\".", func(r *Rule) *string { return &r.TrunkPrefix }, text),
		ruleColumn(table, "international_prefix", "What international numbers begin with. Without it: \"00\", in country 1 \"011\".", func(r *Rule) *string { return &r.InternationalPrefix }, text),
		column(Key{Table: table, Name: "headers", Doc: "Headers to add to the call, each \"Name: value\"."}, func(r *Rule) *[]string { return &r.Headers }, nil, headers),
		column(Key{Table: table, Name: "continue", Default: "false", Doc: "Go on to the rules below after a match; they see the number as it is by then."}, func(r *Rule) *bool { return &r.Continue }, false, boolean),
	)
}

func ringKeys() []field[Ring] {
	return []field[Ring]{
		column(Key{Table: "ring", Name: "alert", Doc: "Labels in the caller's Alert-Info, by patterns: \"Bellcore-dr2\", \"*external*\". Required."},
			func(r *Ring) *[]string { return &r.Alert }, nil, oneOrMore),
		column(Key{Table: "ring", Name: "ring", Doc: "How such a call rings: standard, internal, external, group, urgent, bellcore-dr1 to bellcore-dr5, silent, or file:PATH of a WAV, Ogg-Opus or bare samples. Required."},
			func(r *Ring) *string { return &r.Ring }, "", text),
	}
}

// oneOrMore takes a text or a list of them.
var oneOrMore = func() kind[[]string] {
	k := list("text or list of texts", func(string) error { return nil })
	whole := k.decode
	k.decode = func(raw any) ([]string, error) {
		if s, ok := raw.(string); ok {
			if s == "" {
				return nil, nil
			}
			raw = []any{s}
		}
		return whole(raw)
	}
	return k
}()

// rules reads the [[rule.…]] tables.
func (r *reader) rules(c *Config, value any) {
	m, ok := value.(map[string]any)
	if !ok {
		r.report("rule", "rules are of a direction: write [[rule.incoming]] or [[rule.outgoing]]")
		return
	}
	for direction, list := range m {
		switch direction {
		case "incoming":
			c.Rules.Incoming = arrayOf(r, incomingKeys(), "rule.incoming", list)
		case "outgoing":
			c.Rules.Outgoing = arrayOf(r, outgoingKeys(), "rule.outgoing", list)
		default:
			r.report("rule."+direction, "rules are for incoming or outgoing calls, not %q: write [[rule.incoming]] or [[rule.outgoing]]", direction)
		}
	}
}

func (r *reader) rings(c *Config, value any) {
	c.Rings = arrayOf(r, ringKeys(), "ring", value)
	for i, ring := range c.Rings {
		if len(ring.Alert) == 0 || ring.Ring == "" {
			r.report(fmt.Sprintf("ring[%d]", i), "this ring needs alert and ring, such as alert = \"Bellcore-dr2\" and ring = \"urgent\"")
		}
	}
}

// arrayOf reads an array of tables.
func arrayOf[T any](r *reader, fields []field[T], path string, value any) []T {
	items, ok := value.([]map[string]any)
	if !ok {
		r.report(path, "each %s is a table of its own: write [[%s]] with two brackets", path, path)
		return nil
	}
	var out []T
	for i, item := range items {
		var t T
		setDefaults(fields, &t)
		fill(r, fields, &t, fmt.Sprintf("%s[%d]", path, i), item)
		out = append(out, t)
	}
	return out
}

// Line finds the line on which a key of a file stands, such as "rule.incoming[0].caller",
// or the closest thing around it; 0 when there is none.
func Line(path, key string) int {
	text, _, err := read(path)
	if err != nil {
		return 0
	}
	return newIndex(text).line(key)
}

// Arrays are the tables that there may be several of: [[account]].
func Arrays() []string { return arrays }

var arrays = []string{"account", "account.credentials", "rule.incoming", "rule.outgoing", "ring"}
