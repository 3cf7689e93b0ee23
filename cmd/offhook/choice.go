package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// choiceOnly is the annotation of a command that does nothing but have others below it.
const choiceOnly = "offhook-choice"

// choosing makes commands that only have others below them show those when nothing follows,
// and refuse what is none of them: cobra would show help for it too, with exit code 0.
func choosing(c *cobra.Command) {
	if c.HasSubCommands() && !c.Runnable() {
		c.Annotations = map[string]string{choiceOnly: ""}
		c.Args = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return nil
		}
		c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	for _, sub := range c.Commands() {
		choosing(sub)
	}
}

func onlyChoice(c *cobra.Command) bool {
	_, only := c.Annotations[choiceOnly]
	return only
}

// unknownCommand is in the library's words, which usageError knows.
func unknownCommand(parent *cobra.Command, name string) error {
	return fmt.Errorf("unknown command %q for %q", name, parent.CommandPath())
}

// askable makes "help" refuse what there is no help for.
func askable(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() != "help" {
			continue
		}
		c.RunE = func(_ *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			switch {
			case err != nil:
				return fail(exitUsage, usageError(root, err))
			case len(rest) > 0:
				return fail(exitUsage, usageError(about, unknownCommand(about, rest[0])))
			}
			return about.Help()
		}
	}
}
