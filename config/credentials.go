package config

import (
	"fmt"
	"slices"
	"strings"
)

// Credential is one [[account.credentials]] table: who to be for a realm that isn't the
// account's own.
type Credential struct {
	Realm, User string
	// At most one of the four says where the password comes from.
	Password        Secret
	PasswordFile    string
	PasswordEnv     string
	PasswordKeyring bool
}

// credentialKeys are the keys of [[account.credentials]].
func credentialKeys() []field[Credential] {
	const table = "account.credentials"
	return []field[Credential]{
		column(Key{Table: table, Name: "realm", Doc: "The realm that asks, as the server spells it. Required."},
			func(c *Credential) *string { return &c.Realm }, "", text),
		column(Key{Table: table, Name: "user", Doc: "User name for it. Required."},
			func(c *Credential) *string { return &c.User }, "", text),
		column(Key{Table: table, Name: "password_file", Doc: "File whose first line is the password."},
			func(c *Credential) *string { return &c.PasswordFile }, "", text),
		column(Key{Table: table, Name: "password_env", Doc: "Environment variable that holds the password."},
			func(c *Credential) *string { return &c.PasswordEnv }, "", text),
		column(Key{Table: table, Name: "password_keyring", Doc: "Take the password from the desktop's keyring (service \"offhook\", user = account/realm)."},
			func(c *Credential) *bool { return &c.PasswordKeyring }, false, boolean),
		column(Key{Table: table, Name: "password", Doc: "The password itself. Refused unless the file's mode is 0600."},
			func(c *Credential) *Secret { return &c.Password }, "", secret),
	}
}

// credentialList reads and writes the credentials of an account.
var credentialList = kind[[]Credential]{
	name: "tables",
	decode: func(raw any) ([]Credential, error) {
		var items []map[string]any
		switch raw := raw.(type) {
		case []map[string]any:
			items = raw
		case []any:
			for _, item := range raw {
				m, ok := item.(map[string]any)
				if !ok {
					return nil, wrongType("tables: write [[account.credentials]]", item)
				}
				items = append(items, m)
			}
		default:
			return nil, wrongType("tables: write [[account.credentials]]", raw)
		}
		var out []Credential
		for _, item := range items {
			c, err := decodeCredential(item)
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(out, func(o Credential) bool { return o.Realm == c.Realm }) {
				return nil, fmt.Errorf("names the realm %q twice", c.Realm)
			}
			out = append(out, c)
		}
		return out, nil
	},
	encode: func(list []Credential) string {
		var tables []string
		for _, c := range list {
			var keys []string
			for _, f := range credentialKeys() {
				if value, set := f.get(&c); set {
					keys = append(keys, f.Name+" = "+value)
				}
			}
			tables = append(tables, "{ "+strings.Join(keys, ", ")+" }")
		}
		return "[" + strings.Join(tables, ", ") + "]"
	},
	equal: slices.Equal[[]Credential],
	cover: func(list []Credential) []Credential {
		list = slices.Clone(list)
		for i := range list {
			for _, f := range credentialKeys() {
				f.cover(&list[i])
			}
		}
		return list
	},
}

func decodeCredential(item map[string]any) (Credential, error) {
	var c Credential
	fields := credentialKeys()
	for key, value := range item {
		i := slices.IndexFunc(fields, func(f field[Credential]) bool { return f.Name == key })
		if i < 0 {
			return c, fmt.Errorf("has no key %q: there are realm, user and the password's", key)
		}
		if err := fields[i].set(&c, value); err != nil {
			return c, fmt.Errorf("%s %w", key, err)
		}
	}
	switch {
	case c.Realm == "" || c.User == "":
		return c, fmt.Errorf("need a realm and a user each")
	case c.asAccount("").passwordSources() != 1:
		return c, fmt.Errorf("for the realm %q need one place for the password: password_file, password_env or password_keyring", c.Realm)
	}
	return c, nil
}

// asAccount is what the vault knows how to ask for.
func (c Credential) asAccount(account string) Account {
	return Account{
		Name: account + "/" + c.Realm, Password: c.Password, PasswordFile: c.PasswordFile,
		PasswordEnv: c.PasswordEnv, PasswordKeyring: c.PasswordKeyring,
	}
}

// PasswordFor gets the password of one of an account's credentials.
func (v Vault) PasswordFor(account Account, c Credential) (password Secret, warning string, err error) {
	return v.passwordOf(c.asAccount(account.Name), fmt.Sprintf("the realm %q of account %q", c.Realm, account.Name))
}

// plainPassword says that some password stands in the file.
func (a Account) plainPassword() bool {
	return a.Password != "" || a.TURNPassword != "" || slices.ContainsFunc(a.Credentials, func(c Credential) bool { return c.Password != "" })
}
