package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"offhook/config"
)

func (a *app) accountPassword() *cobra.Command {
	var realm string
	var toKeyring, toFile, relay bool
	c := &cobra.Command{
		Use: "password NAME", Short: "Store another password for an account",
		Long: `Ask for an account's password, or read it from standard input, and store it where the
account says: in the desktop's keyring, or in its password file, with mode 0600.
--keyring and --file store it there from now on, and take it out of wherever it was.
--relay does the same with the password for the account's TURN relays.`,
		Example: `  offhook account password work
  offhook account password work --keyring
  offhook account password work --relay --keyring
  offhook account password work --realm gateway.example.net
  pass show sip/work | offhook account password work --file`,
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
			switch {
			case realm != "":
				return a.storeCredential(account, realm)
			case relay:
				return a.storeRelayPassword(account, toKeyring, toFile)
			}
			return a.changePassword(account, toKeyring, toFile)
		},
	}
	s := c.Flags()
	s.BoolVar(&toKeyring, "keyring", false, "keep it in the desktop's keyring from now on")
	s.BoolVar(&toFile, "file", false, "keep it in a file of mode 0600 beside the configuration from now on")
	s.StringVar(&realm, "realm", "", "the one for the further `REALM` of the account's credentials")
	s.BoolVar(&relay, "relay", false, "the one for the account's TURN relays")
	inGroup(s, "account", "keyring", "file", "realm", "relay")
	c.MarkFlagsMutuallyExclusive("keyring", "file", "realm")
	c.MarkFlagsMutuallyExclusive("realm", "relay")
	return c
}

// changePassword stores an account's own password, and moves it where that is asked for.
func (a *app) changePassword(account config.Account, toKeyring, toFile bool) error {
	if !toKeyring && !toFile {
		if err := storable(account.PasswordKeyring, account.PasswordFile, account.PasswordEnv); err != nil {
			return failf(exitUsage, "account %q %w; --keyring or --file keeps it from now on", account.Name, err)
		}
		return a.renewPassword(account.Name, account.AOR, account.PasswordKeyring, account.PasswordFile)
	}
	password, err := a.readPassword(fmt.Sprintf("Password for %s: ", account.AOR))
	if err != nil {
		return fail(exitUsage, err)
	}
	was := account
	account.Password, account.PasswordEnv, account.PasswordFile = "", "", ""
	account.PasswordKeyring, account.PasswordPrompt = false, false
	if err := a.storePassword(&account, config.Secret(password), toKeyring); err != nil {
		return fail(exitConfig, err)
	}
	err = a.editConfig(func(d *config.Document) error { return d.SetAccount(account) }, "%s's password is stored, as %s says\n", account.Name)
	if err != nil {
		return err
	}
	return a.forgetPassword(was, account)
}

// storeCredential stores the password of one of an account's credentials.
func (a *app) storeCredential(account config.Account, realm string) error {
	i := slices.IndexFunc(account.Credentials, func(c config.Credential) bool { return c.Realm == realm })
	if i < 0 {
		return failf(exitConfig, "account %q has no credentials for the realm %q: add them to %s as [[account.credentials]], with realm, user and password_keyring = true", account.Name, realm, a.configPath())
	}
	c := account.Credentials[i]
	if err := storable(c.PasswordKeyring, c.PasswordFile, c.PasswordEnv); err != nil {
		return failf(exitUsage, "the realm %q of account %q %w; set password_keyring or password_file in %s", realm, account.Name, err, a.configPath())
	}
	return a.renewPassword(account.Name+"/"+realm, c.User+" at "+realm, c.PasswordKeyring, c.PasswordFile)
}

// storeRelayPassword stores the password for an account's TURN relays, and moves it where that
// is asked for.
func (a *app) storeRelayPassword(account config.Account, toKeyring, toFile bool) error {
	if toKeyring || toFile {
		return a.moveRelayPassword(account, toKeyring)
	}
	if err := storable(account.TURNPasswordKeyring, account.TURNPasswordFile, account.TURNPasswordEnv); err != nil {
		return failf(exitUsage, "for its relays account %q %w; --keyring or --file keeps it from now on", account.Name, err)
	}
	return a.renewPassword(account.Name+relayPassword, relaysOf(account), account.TURNPasswordKeyring, account.TURNPasswordFile)
}

// moveRelayPassword stores the password for an account's relays in the keyring, or in a file
// beside the configuration.
func (a *app) moveRelayPassword(account config.Account, toKeyring bool) error {
	if account.TURN == "" {
		return failf(exitConfig, "account %q has no relays: name one first, with turn in %s", account.Name, a.configPath())
	}
	was := account
	relay := config.Account{Name: account.Name + relayPassword, AOR: account.AOR}
	if !toKeyring {
		relay.Name = account.Name + relayFile
	}
	password, err := a.readPassword(fmt.Sprintf("Password for %s: ", relaysOf(account)))
	if err != nil {
		return fail(exitUsage, err)
	}
	if err := a.storePassword(&relay, config.Secret(password), toKeyring); err != nil {
		return fail(exitConfig, err)
	}
	account.TURNPassword, account.TURNPasswordEnv = "", ""
	account.TURNPasswordFile, account.TURNPasswordKeyring = relay.PasswordFile, relay.PasswordKeyring
	err = a.editConfig(func(d *config.Document) error { return d.SetAccount(account) }, "the password for the relays of %s is stored, as %s says\n", account.Name)
	if err != nil {
		return err
	}
	return a.forgetPassword(was, account)
}

// relaysOf names an account's relays in a question.
func relaysOf(account config.Account) string {
	if account.TURNUser == "" {
		return "the relays of " + account.Name
	}
	return account.TURNUser + " at the relays"
}

// Where an account's relay password is stored, after its name: in the keyring, and beside the
// configuration.
const (
	relayPassword = "/turn"
	relayFile     = ".turn"
)

// storable says why nothing can be stored where a password comes from.
func storable(inKeyring bool, file, env string) error {
	switch {
	case inKeyring, file != "":
		return nil
	case env != "":
		return fmt.Errorf("has its password from the environment variable %s: set it there", env)
	}
	return errors.New("names no place where a password is stored")
}

// renewPassword stores a password in the keyring, or in a file.
func (a *app) renewPassword(name, who string, inKeyring bool, file string) error {
	password, err := a.readPassword(fmt.Sprintf("Password for %s: ", who))
	if err != nil {
		return fail(exitUsage, err)
	}
	where := "the keyring"
	if inKeyring {
		err = keyringSet(name, password)
	} else {
		where = a.home(file)
		err = config.WriteSecret(where, config.Secret(password))
	}
	if err != nil {
		return failf(exitConfig, "the password of %s can't be stored in %s: %w", who, where, err)
	}
	_, err = fmt.Fprintf(a.stdout, "the password of %s is stored in %s\n", who, where)
	return err
}

// forgetPassword removes what offhook itself has stored for an account that is gone, or has its
// password elsewhere now (the zero Account for gone). A file of the person's own stays.
func (a *app) forgetPassword(was, now config.Account) error {
	var errs []error
	if was.PasswordKeyring && !now.PasswordKeyring {
		errs = append(errs, keyringForget(was.Name))
	}
	if was.TURNPasswordKeyring && !now.TURNPasswordKeyring {
		errs = append(errs, keyringForget(was.Name+relayPassword))
	}
	if own, err := a.ownPasswordFile(was.Name + relayFile); err == nil && was.TURNPasswordFile == own && now.TURNPasswordFile != own {
		errs = append(errs, removeIfThere(own))
	}
	if now.Name == "" {
		for _, c := range was.Credentials {
			if c.PasswordKeyring {
				errs = append(errs, keyringForget(was.Name+"/"+c.Realm))
			}
		}
	}
	if own, err := a.ownPasswordFile(was.Name); err == nil && was.PasswordFile == own && now.PasswordFile != own {
		errs = append(errs, removeIfThere(own))
	}
	return errors.Join(errs...)
}
