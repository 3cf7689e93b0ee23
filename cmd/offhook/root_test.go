package main

import (
	"testing"

	"github.com/spf13/cobra"
)

// A part of the tree is the same as the whole, as far as its command goes.
func TestCommandFor(t *testing.T) {
	whole := (&app{}).rootCommand()
	known := map[string]bool{}
	for _, e := range (&app{}).entries() {
		known[e.name] = true
		part := (&app{}).commandFor([]string{e.name, "x"})
		one, _, err := part.Find([]string{e.name})
		same, _, err2 := whole.Find([]string{e.name})
		if err != nil || err2 != nil || one.Name() != e.name || same.Name() != e.name {
			t.Errorf("%s: %v, %v", e.name, err, err2)
			continue
		}
		if one.GroupID != same.GroupID || one.UsageString() != same.UsageString() {
			t.Errorf("%s has another usage alone:\n%s", e.name, one.UsageString())
		}
		if n := len(part.Commands()); !e.whole && n != 1 {
			t.Errorf("%s: %d commands were built", e.name, n)
		}
	}
	for _, c := range whole.Commands() {
		if !known[c.Name()] && !builtIn(c) {
			t.Errorf("%s is no entry", c.Name())
		}
	}
	for _, args := range [][]string{nil, {"--json", "call"}, {"help"}, {"vers"}, {cobra.ShellCompRequestCmd, "ca"}} {
		if c := (&app{}).commandFor(args); len(c.Commands()) < len(known) {
			t.Errorf("%v gets a part of the tree", args)
		}
	}
}

// builtIn says that a command is cobra's.
func builtIn(c *cobra.Command) bool { return c.Name() == "help" }
