package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// usageWords turn the library's opinions of a command line into ours. The first that
// matches speaks; $1 and so on are what the library said. They are compiled when something
// is wrong: every start would pay for it.
var usageWords = []struct {
	says string
	ours string
}{
	{`^unknown flag: (--\S+)$`, "there is no flag $1"},
	{`^unknown shorthand flag: '(.)' in (\S+)$`, "there is no flag -$1"},
	{`^flag needs an argument: '?(-\w)'? in .*$`, "$1 needs a value"},
	{`^flag needs an argument: (--\S+)$`, "$1 needs a value"},
	{`^invalid argument "(.*)" for "(?:-\w, )?(--\S+)" flag: .*time: .*$`, `$2: "$1" is no time: write 500ms, 20s or 2m`},
	{`^invalid argument "(.*)" for "(?:-\w, )?(--\S+-port)" flag: .*value out of range$`, `$2: "$1" is no port: ports end at 65535`},
	{`^invalid argument "(.*)" for "(?:-\w, )?(--\S+)" flag: .*value out of range$`, `$2: "$1" is too large or too small`},
	{`^invalid argument "(.*)" for "(?:-\w, )?(--\S+)" flag: strconv\.Parse(?:Int|Uint|Float).*$`, `$2: "$1" is no number`},
	{`^invalid argument "(.*)" for "(?:-\w, )?(--\S+)" flag: strconv\.ParseBool.*$`, `$2: "$1" is neither true nor false`},
	{`^invalid argument "(.*)" for "(?:-\w, )?(--\S+)" flag: (.*)$`, `$2: "$1": $3`},
	{`^unknown command "(.*?)" for ".*?"(?s:\n.*)?$`, `there is no command "$1"`},
	{`^accepts 1 arg\(s\), received 0$`, "something is missing"},
	{`^accepts (\d+) arg\(s\), received (\d+)$`, "this takes $1 arguments, and there are $2"},
	{`^requires at least (\d+) arg\(s\), only received (\d+)$`, "this takes at least $1 arguments, and there are $2"},
	{`^accepts between (\d+) and (\d+) arg\(s\), received (\d+)$`, "this takes $1 to $2 arguments, and there are $3"},
	{`^accepts at most (\d+) arg\(s\), received (\d+)$`, "this takes at most $1 arguments, and there are $2"},
	{`^required flag\(s\) (.*) not set$`, "$1 is needed"},
}

const excluded = `^if any flags in the group \[.*\] are set none of the others can be; \[(.*)\] were all set$`

// usageError says what is wrong with a command line, and how it would be right.
func usageError(cmd *cobra.Command, err error) error {
	text := err.Error()
	if m := regexp.MustCompile(excluded).FindStringSubmatch(text); m != nil {
		return fmt.Errorf("--%s contradict each other: keep one", strings.Join(strings.Fields(m[1]), " and --"))
	}
	if m := regexp.MustCompile(`^unknown command "(.*?)" for`).FindStringSubmatch(text); m != nil && !cmd.HasSubCommands() {
		return fmt.Errorf("%q is too much: this takes no arguments; write: %s", m[1], cmd.UseLine())
	}
	for _, w := range usageWords {
		says := regexp.MustCompile(w.says)
		m := says.FindStringSubmatchIndex(text)
		if m == nil {
			continue
		}
		said := string(says.ExpandString(nil, w.ours, text, m))
		if strings.Contains(text, "arg(s)") {
			said += "; write: " + cmd.UseLine()
		}
		if strings.HasPrefix(text, "unknown command") {
			cmd.SuggestionsMinimumDistance = 2
			if guesses := cmd.SuggestionsFor(text[m[2]:m[3]]); len(guesses) > 0 {
				said += "; did you mean " + strings.Join(guesses, " or ") + "?"
			}
		}
		return errors.New(said)
	}
	return err
}
