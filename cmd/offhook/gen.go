package main

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// genCommand writes the documents that are made from the commands and the table
// of keys. A test checks that those in the repository are current.
func (a *app) genCommand() *cobra.Command {
	return &cobra.Command{
		Use: "gen DIR", Short: "Write man page, completions and reference tables", Hidden: true,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := generated(cmd.Root())
			if err != nil {
				return err
			}
			for name, text := range files {
				path := filepath.Join(args[0], name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					return err
				}
				if err := os.WriteFile(path, text, 0o644); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// generated gives every generated document by its path below docs.
func generated(root *cobra.Command) (map[string][]byte, error) {
	files := map[string][]byte{
		"man/offhook.1": []byte(manPage(root)),
		"config.md":     []byte(configReference()),
		"cli.md":        []byte(cliReference(root)),
		"pbx.md":        []byte(pbxReference()),
		"keys.md":       []byte(keysReference()),
	}
	for shell, name := range map[string]string{"bash": "offhook.bash", "zsh": "_offhook", "fish": "offhook.fish"} {
		var b bytes.Buffer
		if err := writeCompletion(&b, root, shell); err != nil {
			return nil, err
		}
		files["completions/"+name] = b.Bytes()
	}
	return files, nil
}

// leaves lists a command and those below it that do something, in help's order.
func leaves(c *cobra.Command) []*cobra.Command {
	var out []*cobra.Command
	if c.Runnable() && !onlyChoice(c) && c.Name() != "help" {
		out = append(out, c)
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			out = append(out, leaves(sub)...)
		}
	}
	return out
}
