package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Nothing of kind Secret is shown, whatever the key.
func TestEverySecretIsCovered(t *testing.T) {
	const planted = "sw0rdfish"
	a := Account{Name: "w", AOR: "sip:w@x", Credentials: []Credential{{Realm: "r", User: "u"}}}
	fill := func(v reflect.Value) (n int) {
		for i := range v.NumField() {
			if v.Field(i).Type() == reflect.TypeFor[Secret]() {
				v.Field(i).SetString(planted)
				n++
			}
		}
		return n
	}
	n := fill(reflect.ValueOf(&a).Elem()) + fill(reflect.ValueOf(&a.Credentials[0]).Elem())
	text := ShowAccount(a)
	if strings.Contains(text, planted) || strings.Count(text, redacted) != n || n < 3 {
		t.Errorf("%d secrets:\n%s", n, text)
	}
	if a.Password != planted || a.Credentials[0].Password != planted {
		t.Error("the account itself was changed")
	}
}

func TestPasswordOf(t *testing.T) {
	home := t.TempDir()
	write(t, filepath.Join(home, "pw"), "s3cret\nsecond line\n", 0o600)
	write(t, filepath.Join(home, "open"), "s3cret\r\n", 0o644)
	write(t, filepath.Join(home, "empty"), "\n", 0o600)
	vault := Vault{
		Getenv: func(k string) string { return map[string]string{"HOME": home, "PW": "s3cret"}[k] },
		Keyring: func(account string) (string, error) {
			if account != "w" {
				return "", errors.New("not found")
			}
			return "s3cret", nil
		},
		Prompt: func(q string) (string, error) {
			if !strings.Contains(q, "sip:a@h") {
				t.Errorf("question %q doesn't name the account", q)
			}
			return "s3cret", nil
		},
	}
	for name, test := range map[string]struct {
		a     Account
		want  Secret
		warns bool
		err   string
	}{
		"none":         {a: Account{}},
		"inline":       {a: Account{Password: "s3cret"}, want: "s3cret"},
		"env":          {a: Account{PasswordEnv: "PW"}, want: "s3cret"},
		"env unset":    {a: Account{PasswordEnv: "NOPE"}, err: "environment variable NOPE is not set"},
		"file":         {a: Account{PasswordFile: "~/pw"}, want: "s3cret"},
		"file open":    {a: Account{PasswordFile: "~/open"}, want: "s3cret", warns: true},
		"file empty":   {a: Account{PasswordFile: "~/empty"}, err: "is empty"},
		"file missing": {a: Account{PasswordFile: "~/none"}, err: "no such file"},
		"directory":    {a: Account{PasswordFile: "~/"}, err: "is a directory"},
		"keyring":      {a: Account{Name: "w", PasswordKeyring: true}, want: "s3cret"},
		"keyring none": {a: Account{Name: "x", PasswordKeyring: true}, err: "the keyring says: not found; use password_file"},
		"prompt":       {a: Account{AOR: "sip:a@h", PasswordPrompt: true}, want: "s3cret"},
	} {
		got, warning, err := vault.PasswordOf(test.a)
		if got != test.want || (warning != "") != test.warns {
			t.Errorf("%s: %q (right: %v), warning %q", name, string(got), got == test.want, warning)
		}
		if test.err == "" && err != nil || test.err != "" && (!errors.Is(err, ErrNoPassword) || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%s: error %v, want %q", name, err, test.err)
		}
	}
}

func TestPasswordFileAsPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("s3cret\n"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	// A shell's <(command) is such a path.
	got, warning, err := passwordFile("w", fmt.Sprintf("/proc/self/fd/%d", r.Fd()))
	if got != "s3cret" || warning != "" || err != nil {
		t.Errorf("%v, %q, %v", got == "s3cret", warning, err)
	}
}
