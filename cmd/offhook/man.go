package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manPage is offhook(1): one page for all commands, so that one search finds it.
func manPage(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString(".TH OFFHOOK 1 \"\" \"offhook\" \"User Commands\"\n")
	fmt.Fprintf(&b, ".SH NAME\noffhook \\- %s\n", roff(strings.ToLower(root.Short[:1])+root.Short[1:]))
	b.WriteString(".SH SYNOPSIS\n.B offhook\n[\\fIflags\\fR]\n.br\n.B offhook\n\\fICOMMAND\\fR [\\fIarguments\\fR] [\\fIflags\\fR]\n")
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n", paragraphs(root.Long))
	b.WriteString(".SH COMMANDS\n")
	for _, c := range leaves(root) {
		fmt.Fprintf(&b, ".SS %s\n", roff(strings.TrimSuffix(c.UseLine(), " [flags]")))
		text := c.Long
		if text == "" {
			text = c.Short + "."
		}
		if c != root {
			b.WriteString(paragraphs(text) + "\n")
		}
		groups := grouped(c)
		for _, g := range flagGroups {
			if groups[g.id] == nil {
				continue
			}
			groups[g.id].VisitAll(func(f *pflag.Flag) {
				if c != root && root.PersistentFlags().Lookup(f.Name) != nil || f.Name == "help" {
					return // told once
				}
				fmt.Fprintf(&b, ".TP\n%s\n%s\n", manFlag(f), roff(flagUsage(f)))
			})
		}
		if c.Example != "" {
			fmt.Fprintf(&b, ".PP\nExamples:\n.PP\n.nf\n%s\n.fi\n", roff(c.Example))
		}
	}
	b.WriteString(".SH EXIT STATUS\n")
	for _, m := range exitMeanings {
		fmt.Fprintf(&b, ".TP\n.B %d\n%s\n", m.code, roff(m.meaning))
	}
	b.WriteString(".SH FILES\n.TP\n~/.config/offhook/config.toml\nThe configuration; \"offhook config keys\" explains each key.\n" +
		".TP\n~/.local/state/offhook/offhook.log\nThe log of the phone's screen.\n" +
		".SH ENVIRONMENT\n.TP\n.B OFFHOOK_CONFIG\nThe configuration file, instead of the one above.\n" +
		".TP\n.B NO_COLOR\nDraw the screen without colours.\n")
	return b.String()
}

// roff escapes text for a man page.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

// paragraphs keeps blank lines apart, and indented ones as they are.
func paragraphs(text string) string {
	var out []string
	fixed := false
	for _, line := range strings.Split(text, "\n") {
		indented := strings.HasPrefix(line, "  ")
		if indented != fixed {
			out = append(out, map[bool]string{true: ".nf", false: ".fi"}[indented])
			fixed = indented
		}
		if line == "" {
			out = append(out, ".PP")
		} else {
			out = append(out, roff(line))
		}
	}
	if fixed {
		out = append(out, ".fi")
	}
	return strings.Join(out, "\n")
}

func manFlag(f *pflag.Flag) string {
	name, _ := pflag.UnquoteUsage(f)
	s := `\fB\-\-` + roff(f.Name) + `\fR`
	if f.Shorthand != "" {
		s = `\fB\-` + f.Shorthand + `\fR, ` + s
	}
	if name != "" && name != "count" {
		s += ` \fI` + roff(name) + `\fR`
	}
	return s
}

func flagUsage(f *pflag.Flag) string {
	_, text := pflag.UnquoteUsage(f)
	return text
}
