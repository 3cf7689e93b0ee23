package contacts

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A card as desktops write it: version 3, groups, folds, a photo, an XMPP address.
const foreign = "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Other//EN\r\nUID:abc-1\r\nFN:Bob Bell\r\nN:Bell;Bob;;;\r\n" +
	"ORG:Bell\\, Sons\\; Co;Repairs\r\nitem1.TEL;TYPE=CELL:+49 (170) 123-4567\r\nTEL;type=WORK,pref:tel:+49-30-1234567;ext=5\r\n" +
	"IMPP;TYPE=work:sip:bob@example.org\r\nIMPP:xmpp:bob@example.org\r\nCATEGORIES:friends,work\r\n" +
	"PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYE\r\n BAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD\r\nEND:VCARD\r\n"

func TestForeignCard(t *testing.T) {
	c, err := parse(foreign)
	if err != nil {
		t.Fatal(err)
	}
	want := []Address{{"+49301234567", "work"}, {"sip:bob@example.org", "work"}, {"+491701234567", "cell"}}
	if c.Name != "Bob Bell" || c.UID != "abc-1" || !reflect.DeepEqual(c.Addresses, want) {
		t.Errorf("%+v", c)
	}
	now := c
	now.Name = "Bob B."
	now.Addresses = append([]Address{{"sip:new@example.org", "home"}}, c.Addresses...)
	text := edit(foreign, c, now)
	for _, kept := range []string{"N:Bell;Bob;;;\r\n", "ORG:Bell\\, Sons\\; Co;Repairs\r\n", "CATEGORIES:friends,work\r\n", "IMPP:xmpp:bob@example.org\r\n", "SkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYE\r\n BAQ"} {
		if !strings.Contains(text, kept) {
			t.Errorf("lost %q", kept)
		}
	}
	back, err := parse(text)
	if err != nil || !reflect.DeepEqual(back, now) {
		t.Errorf("%v\n%+v\n%+v\n%s", err, back, now, text)
	}
}

func TestBook(t *testing.T) {
	b := Open(filepath.Join(t.TempDir(), "book"))
	if all, w, err := b.Contacts(); len(all)+len(w) != 0 || err != nil {
		t.Fatal(all, w, err)
	}
	if _, err := b.Save(Contact{Name: "Nobody"}); !errors.Is(err, ErrEmpty) {
		t.Error(err)
	}
	long := strings.Repeat("ä, long; name\\ ", 12)
	saved, err := b.Save(Contact{Name: long, Note: "two\nlines", Addresses: []Address{{"sip:a@b", "Work Phone"}, {"+1 555 0100", ""}}})
	if err != nil {
		t.Fatal(err)
	}
	if n, replaced, w, err := b.Import(strings.NewReader("junk\r\n" + foreign + strings.ReplaceAll(foreign, "UID:abc-1\r\n", "") + "BEGIN:VCARD\nVERSION:3.0\nFN:Empty\nEND:VCARD\n")); n != 2 || replaced != 0 || len(w) != 1 || err != nil {
		t.Error(n, replaced, w, err)
	}
	if n, replaced, _, err := b.Import(strings.NewReader(foreign)); n != 0 || replaced != 1 || err != nil {
		t.Error(n, replaced, err)
	}
	if err := os.WriteFile(filepath.Join(b.Dir(), "broken.vcf"), []byte("BEGIN:VCARD\r\nFN:half"), 0o600); err != nil {
		t.Fatal(err)
	}
	all, w, err := b.Contacts()
	if len(all) != 3 || len(w) != 1 || err != nil {
		t.Fatal(len(all), w, err)
	}
	got, err := Find(all, saved.UID)
	if err != nil || got.Name != strings.TrimSpace(long) || got.Note != "two\nlines" || got.Addresses[0] != (Address{"sip:a@b", "workphone"}) || got.Addresses[1].URI != "+15550100" {
		t.Errorf("%+v, %v", got, err)
	}
	path := filepath.Join(b.Dir(), strings.TrimPrefix(saved.UID, "urn:uuid:")+".vcf")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if len(line) > maxLine+3 {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
	var out bytes.Buffer
	if n, err := b.Export(&out); n != 3 || err != nil || strings.Count(out.String(), "BEGIN:VCARD\r\n") != 3 {
		t.Error(n, err)
	}
	other := Open(t.TempDir())
	if n, _, w, err := other.Import(&out); n != 3 || len(w) != 0 || err != nil {
		t.Error(n, w, err)
	}
	if err := b.Remove("abc-1"); err != nil {
		t.Error(err)
	}
	if err := b.Remove("abc-1"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	all := []Contact{
		{UID: "1", Name: "Alice Able", Nickname: "ali", Addresses: []Address{{URI: "sip:alice@Example.org:5070;transport=tcp"}}},
		{UID: "2", Name: "Bob Bell", Addresses: []Address{{URI: "+49 30 1234567"}}},
		{UID: "3", Name: "Bob Baker", Organization: "Able Ltd", Addresses: []Address{{URI: "100"}}},
	}
	for text, uid := range map[string]string{
		"alice able": "1", "ALI": "1", "bell": "2", "+49-30-1234567": "2", "sip:alice@example.org": "1", "3": "3", "100": "3", "bob": "?", "nobody": "", " ": "",
	} {
		c, err := Find(all, text)
		switch {
		case uid == "?" && !errors.Is(err, ErrAmbiguous), uid == "" && !errors.Is(err, ErrNotFound), len(uid) == 1 && uid != "?" && (err != nil || c.UID != uid):
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
	x := NewIndex(all)
	for uri, name := range map[string]string{
		"sip:alice@example.org": "Alice Able", "sips:alice@EXAMPLE.ORG": "Alice Able", "sip:Alice@example.org": "",
		"sip:+49301234567@carrier.example;user=phone": "Bob Bell", "sip:100@anywhere.example": "", "sip:100": "Bob Baker", "": "",
	} {
		if got, _ := x.Name(uri); got != name {
			t.Errorf("%q: %q, want %q", uri, got, name)
		}
	}
	if s := Search(all, "able"); len(s) != 2 || s[0].UID != "1" {
		t.Errorf("%+v", s)
	}
}

// An old phone's export: bare types, quoted-printable over several lines.
func TestOldCard(t *testing.T) {
	b := Open(t.TempDir())
	old := "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=47=C3=B6tz;=4A=C3=\r\n=B6rg;;;\r\nFN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=4A=C3=B6rg =\r\n=47=C3=B6tz\r\n" +
		"TEL;CELL;PREF:+49 170 1\r\nTEL;HOME;VOICE:030 2\r\nPHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\r\n SkZJRg==\r\n\r\nEND:VCARD\r\n"
	if n, _, w, err := b.Import(strings.NewReader(old)); n != 1 || len(w) != 0 || err != nil {
		t.Fatal(n, w, err)
	}
	all, _, err := b.Contacts()
	want := []Address{{"+491701", "cell"}, {"0302", "home"}}
	if err != nil || len(all) != 1 || all[0].Name != "Jörg Götz" || !reflect.DeepEqual(all[0].Addresses, want) {
		t.Errorf("%+v, %v", all, err)
	}
}

// Whatever a card holds, reading doesn't fail badly, and what we write of it reads back the same.
func FuzzCard(f *testing.F) {
	f.Add(foreign)
	f.Add(newCard)
	f.Add("BEGIN:VCARD\nVERSION:2.1\nFN;QUOTED-PRINTABLE:a=\n=3D\nTEL;CELL:1\nEND:VCARD")
	f.Add("BEGIN:VCARD\nFN:a\\nb\nTEL;PREF=1:1\nTEL;PREF=x:2\nX-SIP:sip:c@d\nEND:VCARD")
	f.Fuzz(func(t *testing.T, text string) {
		for _, card := range cut(text) {
			card = modern(card)
			c, err := parse(card)
			if err != nil {
				continue
			}
			c = c.tidy()
			back, err := parse(edit(newCard, Contact{}, c))
			if err != nil || !reflect.DeepEqual(back.Addresses, c.Addresses) && len(c.Addresses) > 0 && stable(c) {
				t.Fatalf("%v\n%+v\n%+v", err, back, c)
			}
		}
	})
}

// stable says that the addresses read as they are written: no two alike, no scheme that a card hides.
func stable(c Contact) bool {
	for _, a := range c.Addresses {
		if dialable(a.URI) != a.URI || strings.ContainsAny(a.URI, "\\;,") || kindHidden(a.Kind) {
			return false
		}
	}
	return true
}

func kindHidden(k string) bool {
	switch k {
	case "pref", "voice", "sip", "internet", "text":
		return true
	}
	return false
}
