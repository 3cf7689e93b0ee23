package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

const edited = `# my phones
default_account = "work" # the desk

# the office
[[account]]
name = "work"   # short
aor = "sip:alice@example.org"
password_env = "WORK_PW" # from the vault
codecs = [
  "opus", # wide
  "pcmu",
]

# at home
[[account]]
name = "home"
aor = "sip:al@home.example"

[audio]
input = "null"
`

func TestSetAccountKeepsComments(t *testing.T) {
	d, err := NewDocument("f", edited)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := d.Config()
	a := c.Accounts[0]
	a.PasswordEnv, a.PasswordFile, a.Codecs = "", "~/pw", []string{"pcma"}
	if err := d.SetAccount(a); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(edited, `password_env = "WORK_PW" # from the vault
codecs = [
  "opus", # wide
  "pcmu",
]
`, `codecs = ["pcma"]
password_file = "~/pw"
`, 1)
	if d.Text() != want {
		t.Errorf("got\n%s\nwant\n%s", d.Text(), want)
	}
}

func TestSetSameAccountChangesNothing(t *testing.T) {
	d, _ := NewDocument("f", edited)
	c, _ := d.Config()
	for _, a := range c.Accounts {
		if err := d.SetAccount(a); err != nil {
			t.Fatal(err)
		}
	}
	if d.Text() != edited {
		t.Errorf("got\n%s", d.Text())
	}
}

func TestAddAccount(t *testing.T) {
	a := NewAccount()
	a.Name, a.AOR = "new", "sip:n@h"
	const block = "[[account]]\nname = \"new\"\naor = \"sip:n@h\"\n"
	for text, want := range map[string]string{
		"":                      "version = 1\n\n" + block,
		"[audio]\ninput = \"\"": "[audio]\ninput = \"\"\n\n" + block,
		edited:                  edited + "\n" + block,
	} {
		d, err := NewDocument("f", text)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.SetAccount(a); err != nil {
			t.Fatal(err)
		}
		if d.Text() != want {
			t.Errorf("got\n%s\nwant\n%s", d.Text(), want)
		}
	}
}

func TestRemoveAccount(t *testing.T) {
	d, _ := NewDocument("f", edited)
	if err := d.RemoveAccount("work"); err != nil {
		t.Fatal(err)
	}
	want := `# my phones

# at home
[[account]]
name = "home"
aor = "sip:al@home.example"

[audio]
input = "null"
`
	if d.Text() != want {
		t.Errorf("got\n%s\nwant\n%s", d.Text(), want)
	}
	if err := d.RemoveAccount("work"); !errors.Is(err, ErrNoAccount) {
		t.Errorf("second time: %v", err)
	}
}

func TestEditSavesPrivatelyThroughLinks(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "dotfiles.toml"), filepath.Join(dir, "config.toml")
	write(t, real, edited, 0o644)
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if err := Edit(link, func(d *Document) error { return d.RemoveAccount("home") }); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	info, err := os.Stat(real)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	c, _, err := Load(link)
	if err != nil || len(c.Accounts) != 1 {
		t.Errorf("%+v, %v", c.Accounts, err)
	}
}

func TestEditFailsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	write(t, path, edited, 0o600)
	boom := errors.New("boom")
	if err := Edit(path, func(d *Document) error {
		_ = d.RemoveAccount("home")
		return boom
	}); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != edited {
		t.Errorf("the file changed:\n%s", b)
	}
}

func TestConcurrentEditsAllArrive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "config.toml")
	var wg sync.WaitGroup
	names := strings.Split("a b c d e f g h", " ")
	for _, n := range names {
		wg.Go(func() {
			a := NewAccount()
			a.Name, a.AOR = n, "sip:"+n+"@h"
			if err := Edit(path, func(d *Document) error { return d.SetAccount(a) }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c, _, err := Load(path)
	if err != nil || len(c.Accounts) != len(names) {
		t.Errorf("%d accounts, %v; want %d", len(c.Accounts), err, len(names))
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".config-*"))
	if len(left) != 0 {
		t.Errorf("temporary files left: %v", left)
	}
}

// FuzzLoad checks that no text panics the loader, that each problem has a line
// of the file, and that a file that loads survives show and edit.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{edited, ruled, Template(), "", "\uFEFFversion=1", "account=[{}]", "[a.\"b.c\"]\nd={e=1}\n",
		"[[account]]\nname='x'\naor='sip:u@h'\nheaders=['''\n''']\n", "[[account]]\r\nname=\"x\"\r\naor=\"sip:u@h\"\r\n[audio]\r\nring='r'\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("f", text, true)
		if err != nil {
			var p *Problems
			if !errors.As(err, &p) || len(p.List) == 0 {
				t.Fatalf("not a list of problems: %v", err)
			}
			for _, problem := range p.List {
				if problem.Line < 0 || problem.Line > strings.Count(text, "\n")+1 {
					t.Fatalf("line %d of %d: %s", problem.Line, strings.Count(text, "\n")+1, problem.Message)
				}
			}
			if !reflect.DeepEqual(c, Default()) {
				t.Fatalf("a refused file gives %+v", c)
			}
			return
		}
		shown := c
		shown.Accounts = nil
		for _, a := range c.Accounts {
			a.Password = ""
			shown.Accounts = append(shown.Accounts, a)
		}
		if again, err := Parse("f", Show(shown), true); err != nil || len(again.Accounts) != len(c.Accounts) {
			t.Fatalf("shown file: %v\n%s", err, Show(shown))
		}
		d, err := NewDocument("f", text)
		if err != nil {
			t.Fatal(err)
		}
		a := NewAccount()
		a.Name, a.AOR = "fuzz-new", "sip:new@h"
		before := len(c.Accounts)
		if _, ok := c.Account(a.Name); ok {
			return
		}
		if d.SetAccount(a) == nil {
			c, err := d.Config()
			if err != nil || len(c.Accounts) != before+1 {
				t.Fatalf("after an edit: %d accounts, %v", len(c.Accounts), err)
			}
		} else if d.Text() != text {
			t.Fatal("a failed edit changed the text")
		}
	})
}

func FuzzNearest(f *testing.F) {
	f.Add("defualt_account")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, word string) {
		got := nearest(word, tables)
		for _, c := range tables {
			if fold(word) == fold(c) && got != c {
				t.Fatalf("%q gives %q", word, got)
			}
		}
	})
}
