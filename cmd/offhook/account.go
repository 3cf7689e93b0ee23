package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"offhook/config"
)

func (a *app) accountCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "account",
		Short: "Add, list, show or remove accounts, store their passwords",
		Long:  "Edit the accounts of the configuration. Comments and order in the file stay as they are.",
		Example: `  offhook account add work --aor sip:alice@example.org --password-keyring
  offhook account list
  offhook account show work
  offhook account password work
  offhook account remove work`,
		Args: cobra.NoArgs,
	}
	c.AddCommand(a.accountAdd(), a.accountList(), a.accountShow(), a.accountPassword(), a.accountRemove())
	return c
}

func (a *app) accountAdd() *cobra.Command {
	var f accountFlags
	var toKeyring, prompt, fromStdin, replace bool
	c := &cobra.Command{
		Use:   "add NAME --aor sip:user@host",
		Short: "Add an account",
		Long: `Add an account to the configuration. The password itself never goes into the
file: say where it comes from, or let offhook store it in the desktop's keyring
(--password-keyring) or in a file of its own with mode 0600 (--password-stdin).`,
		Example: `  offhook account add work --aor sip:alice@example.org --password-keyring
  offhook account add lab --aor sip:1001@10.0.0.5 --transport tcp --password-env LAB_PASSWORD
  pass show sip/home | offhook account add home --aor sip:al@home.example --password-stdin`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if f.aor == "" {
				return failf(exitUsage, "an account needs an address: --aor sip:user@host")
			}
			if err := config.CheckName(args[0]); err != nil {
				return fail(exitUsage, err)
			}
			account := config.NewAccount()
			account.Name, account.AOR = args[0], f.aor
			if err := f.override(&account); err != nil {
				return err
			}
			switch {
			case prompt:
				account.PasswordPrompt = true
			case toKeyring || fromStdin:
				password, err := a.readPassword(fmt.Sprintf("Password for %s: ", account.AOR))
				if err != nil {
					return fail(exitUsage, err)
				}
				if err := a.storePassword(&account, config.Secret(password), toKeyring); err != nil {
					return fail(exitConfig, err)
				}
			}
			return a.editConfig(func(d *config.Document) error {
				now, err := d.Config()
				if err != nil {
					return err
				}
				if _, there := now.Account(account.Name); there && !replace {
					return fmt.Errorf("account %q is there already: use --replace to change it", account.Name)
				}
				return d.SetAccount(account)
			}, "added %s to %s\n", account.Name)
		},
	}
	f.addTo(c)
	f.group = "network"
	f.text("stun", "STUN `SERVER` that tells our address on the far side of a NAT: HOST or HOST:PORT, several with commas between them",
		func(a *config.Account) *string { return &a.STUN })
	s := c.Flags()
	// An account that is being added isn't chosen.
	if err := s.MarkHidden("account"); err != nil {
		panic(err)
	}
	s.BoolVar(&toKeyring, "password-keyring", false, "ask for the password and store it in the desktop's keyring")
	s.BoolVar(&prompt, "password-prompt", false, "ask for the password at each start")
	s.BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input and store it in a file of mode 0600")
	s.BoolVar(&replace, "replace", false, "change the account when it is there already")
	inGroup(s, "account", "password-keyring", "password-prompt", "password-stdin", "replace")
	c.MarkFlagsMutuallyExclusive("password-keyring", "password-prompt", "password-stdin", "password-file", "password-env")
	return c
}

// storePassword puts a password into the keyring, or beside the configuration
// into a file of mode 0600, and makes the account refer to it.
func (a *app) storePassword(account *config.Account, password config.Secret, inKeyring bool) error {
	if inKeyring {
		if err := keyringSet(account.Name, string(password)); err != nil {
			return fmt.Errorf("the keyring can't be used here (%w): keep the password in a file, or name an environment variable that holds it (account add has --password-stdin, --password-file and --password-env, account password has --file)", err)
		}
		account.PasswordKeyring = true
		return nil
	}
	path, err := a.ownPasswordFile(account.Name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := config.WriteSecret(path, password); err != nil {
		return err
	}
	account.PasswordFile = path
	return nil
}

// ownPasswordFile is where offhook keeps an account's password when it is told to keep one in
// a file.
func (a *app) ownPasswordFile(account string) (string, error) {
	return filepath.Abs(filepath.Join(filepath.Dir(a.configPath()), account+".password"))
}

// editConfig changes the file and says so.
func (a *app) editConfig(change func(*config.Document) error, said, name string) error {
	path := a.configPath()
	if err := config.Edit(path, change); err != nil {
		return fail(exitConfig, err)
	}
	_, err := fmt.Fprintf(a.stdout, said, name, path)
	return err
}

func (a *app) accountList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the accounts, the default one first",
		Example: "  offhook account list\n  offhook account list --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			s, err := a.settings()
			if err != nil {
				return err
			}
			if len(s.Accounts) == 0 && !a.global.json {
				fmt.Fprintf(a.stderr, "no accounts in %s; add one with: offhook account add NAME --aor sip:user@host\n", s.path)
				return nil
			}
			enc := json.NewEncoder(a.stdout)
			for _, account := range s.Ordered() {
				if a.global.json {
					err = enc.Encode(map[string]any{"name": account.Name, "aor": account.AOR, "transport": account.Transport, "register": account.Register})
				} else {
					_, err = fmt.Fprintf(a.stdout, "%-12s %s\n", account.Name, account.AOR)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (a *app) accountShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Print an account as the file has it",
		Example:           "  offhook account show work",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeAccounts,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.settings()
			if err != nil {
				return err
			}
			account, ok := s.Account(args[0])
			if !ok {
				return fail(exitConfig, unknownAccount(s, args[0]))
			}
			_, err = fmt.Fprint(a.stdout, config.ShowAccount(account))
			return err
		},
	}
}

func (a *app) accountRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Remove an account",
		Example:           "  offhook account remove work",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeAccounts,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.settings()
			if err != nil {
				return err
			}
			err = a.editConfig(func(d *config.Document) error {
				err := d.RemoveAccount(args[0])
				if errors.Is(err, config.ErrNoAccount) {
					return unknownAccount(s, args[0])
				}
				return err
			}, "removed %s from %s\n", args[0])
			if err != nil {
				return err
			}
			// What we have stored goes with its account.
			account, _ := s.Account(args[0])
			if err := a.forgetPassword(account, config.Account{}); err != nil {
				return failf(exitConfig, "its password is still there: %w", err)
			}
			return nil
		},
	}
}

// completeAccounts gives the shell the accounts' names.
func (a *app) completeAccounts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	s, err := a.settings()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, account := range s.Ordered() {
		names = append(names, account.Name+"\t"+account.AOR)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
