package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
)

// usage prints how to use a command: examples first, then flags by group.
func usage(cmd *cobra.Command) error {
	w := cmd.OutOrStderr()
	fmt.Fprintf(w, "Usage:\n  %s\n", useLine(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
	}
	writeSubcommands(w, cmd)
	groups := grouped(cmd)
	for _, g := range flagGroups {
		if flags := groups[g.id]; flags != nil {
			fmt.Fprintf(w, "\n%s\n%s", g.title, flags.FlagUsagesWrapped(helpWidth()))
		}
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\n\"%s COMMAND --help\" tells more of a command.\n", cmd.CommandPath())
	}
	return nil
}

// helpWidth is how wide the terminal is: 0, which wraps nothing, where there is none, so that
// what reads the help finds each flag on a line.
func helpWidth() int {
	width, _, err := term.GetSize(os.Stdout.Fd())
	if err != nil {
		return 0
	}
	return width
}

func useLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() && onlyChoice(cmd) {
		return cmd.CommandPath() + " COMMAND"
	}
	line := cmd.UseLine()
	if cmd.HasAvailableSubCommands() {
		line += "\n  " + cmd.CommandPath() + " COMMAND"
	}
	return line
}

func writeSubcommands(w io.Writer, cmd *cobra.Command) {
	list := func(title, group string) {
		var b strings.Builder
		width := 11
		for _, c := range cmd.Commands() {
			width = max(width, len(c.Name()))
		}
		for _, c := range cmd.Commands() {
			if c.GroupID == group && c.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-*s %s\n", width, c.Name(), c.Short)
			}
		}
		if b.Len() > 0 {
			fmt.Fprintf(w, "\n%s\n%s", title, b.String())
		}
	}
	for _, g := range cmd.Groups() {
		list(g.Title, g.ID)
	}
	list("Commands:", "")
}
