package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"offhook/config"
)

var fence = regexp.MustCompile("(?ms)^```(\\w+)\\n(.*?)^```$")

// blocks are the fenced texts of a language in the documents that people write.
func blocks(t *testing.T, language string) map[string][]string {
	t.Helper()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, page := range append(pages, "../../README.md") {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range fence.FindAllStringSubmatch(string(b), -1) {
			if m[1] == language {
				out[filepath.Base(page)] = append(out[filepath.Base(page)], m[2])
			}
		}
	}
	return out
}

// words splits a line as a shell does: quotes, comments, and what ends a command.
func words(line string) []string {
	var out []string
	var word strings.Builder
	quote, there := rune(0), false
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '"' || c == '\'':
			quote, there = c, true
		case c == '#' && !there:
			return out
		case strings.ContainsRune("|&;<>", c):
			if there {
				out = append(out, word.String())
			}
			return out
		case c == ' ' || c == '\t':
			if there {
				out = append(out, word.String())
			}
			word.Reset()
			there = false
		default:
			word.WriteRune(c)
			there = true
		}
	}
	if there {
		out = append(out, word.String())
	}
	return out
}

// ours are the arguments of each call of offhook in a script.
func ours(script string) [][]string {
	var out [][]string
	for line := range strings.SplitSeq(strings.ReplaceAll(script, "\\\n", " "), "\n") {
		for part := range strings.SplitSeq(line, "| ") { // a pipe into us
			w := words(part)
			for len(w) > 0 && regexp.MustCompile(`^[A-Z_]+=`).MatchString(w[0]) {
				w = w[1:]
			}
			if len(w) > 0 && w[0] == "offhook" {
				out = append(out, w[1:])
			}
		}
	}
	return out
}

// understood says why a command line would be refused before anything is done.
func understood(args []string) error {
	root := (&app{}).rootCommand()
	var idle func(*cobra.Command)
	idle = func(c *cobra.Command) {
		if c.RunE != nil {
			c.RunE = func(*cobra.Command, []string) error { return nil }
		}
		for _, sub := range c.Commands() {
			idle(sub)
		}
	}
	idle(root)
	root.SetArgs(args)
	root.SetOut(&bytes.Buffer{})
	root.SetErr(&bytes.Buffer{})
	return root.Execute()
}

// TestExamples checks that every command line in the documents and in the help is one.
func TestExamples(t *testing.T) {
	count := 0
	try := func(where, script string) {
		for _, args := range ours(script) {
			count++
			if err := understood(args); err != nil {
				t.Errorf("%s: offhook %q: %v", where, args, err)
			}
		}
	}
	for page, scripts := range blocks(t, "sh") {
		for _, s := range scripts {
			try(page, s)
		}
	}
	for _, c := range leaves((&app{}).rootCommand()) {
		try(c.CommandPath(), c.Example)
	}
	if count < 100 {
		t.Errorf("only %d examples were found", count)
	}
	for _, wrong := range [][]string{{"call"}, {"call", "bob", "--no-such-flag"}, {"call", "bob", "--park", "--transfer", "x"}} {
		if understood(wrong) == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

// TestConfigurationsInDocs checks that every configuration in the documents is one.
func TestConfigurationsInDocs(t *testing.T) {
	pages := blocks(t, "toml")
	if len(pages["guide.md"]) < 5 {
		t.Errorf("the guide has %d configurations", len(pages["guide.md"]))
	}
	for page, texts := range pages {
		for _, text := range texts {
			if _, err := config.Parse(page, text, false); err != nil {
				t.Errorf("%s:\n%s\n%v", page, text, err)
			}
		}
	}
}
