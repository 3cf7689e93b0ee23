package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"offhook/config"
)

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Show, check or begin the configuration",
		Long: `The configuration is one TOML file: $OFFHOOK_CONFIG, or
~/.config/offhook/config.toml. Nothing needs one: --aor makes an account on the
spot, and "offhook demo" needs none.`,
		Example: `  offhook config init          write a file with every key, commented out
  offhook config check         say what is wrong in it, with the lines
  offhook config show          what is in force, defaults included
  offhook config keys          every key and what it means
  offhook config explain-call  what the rules would make of a call`,
		Args: cobra.NoArgs,
	}
	c.AddCommand(
		&cobra.Command{
			Use: "show", Short: "Print what is in force, defaults included; passwords are redacted",
			Example: "  offhook config show",
			Args:    cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				s, err := a.settings()
				if err != nil {
					return err
				}
				_, err = fmt.Fprint(a.stdout, config.Show(s.Config))
				return err
			},
		},
		&cobra.Command{
			Use: "path", Short: "Print where the file is",
			Example: "  $EDITOR \"$(offhook config path)\"",
			Args:    cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				_, err := fmt.Fprintln(a.stdout, a.configPath())
				return err
			},
		},
		&cobra.Command{
			Use: "init", Short: "Write a first file, with every key explained",
			Example: "  offhook config init\n  offhook config init --config ./test.toml",
			Args:    cobra.NoArgs,
			RunE:    func(*cobra.Command, []string) error { return a.configInit() },
		},
		&cobra.Command{
			Use: "check", Short: "Say what is wrong in the file; exit code 3 when something is",
			Example: "  offhook config check && offhook",
			Args:    cobra.NoArgs,
			RunE:    func(*cobra.Command, []string) error { return a.configCheck() },
		},
		&cobra.Command{
			Use: "keys", Short: "List every key, its type, default and meaning",
			Example: "  offhook config keys\n  offhook config keys --json",
			Args:    cobra.NoArgs,
			RunE:    func(*cobra.Command, []string) error { return a.configKeys() },
		},
		a.explainCommand(),
	)
	return c
}

func (a *app) configPath() string {
	if a.global.config != "" {
		return a.global.config
	}
	return config.Path(a.getenv)
}

func (a *app) configInit() error {
	path := a.configPath()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fail(exitConfig, err)
	}
	// O_EXCL: a file that is there is never overwritten.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return failf(exitConfig, "%s is there already; \"offhook config check\" reads it", path)
	}
	if err != nil {
		return fail(exitConfig, err)
	}
	_, err = f.WriteString(config.Template())
	if err = errors.Join(err, f.Close()); err != nil {
		return fail(exitConfig, err)
	}
	_, err = fmt.Fprintf(a.stdout, "wrote %s\n", path)
	return err
}

func (a *app) configKeys() error {
	if a.global.json {
		enc := json.NewEncoder(a.stdout)
		for _, k := range config.Keys() {
			if err := enc.Encode(map[string]string{"table": k.Table, "key": k.Name, "type": k.Type, "default": k.Default, "doc": k.Doc}); err != nil {
				return err
			}
		}
		return nil
	}
	var b strings.Builder
	table := ""
	for _, k := range config.Keys() {
		if k.Table != table {
			table = k.Table
			fmt.Fprintf(&b, "\n%s\n", tableHeader(table))
		}
		fmt.Fprintf(&b, "%s (%s", k.Name, k.Type)
		if k.Default != "" {
			fmt.Fprintf(&b, ", default %s", k.Default)
		}
		fmt.Fprintf(&b, ")\n    %s\n", k.Doc)
	}
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}

func tableHeader(table string) string {
	if slices.Contains(config.Arrays(), table) {
		return "[[" + table + "]]   there may be several"
	}
	return "[" + table + "]"
}
