package contacts

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/emersion/go-vcard"
)

// Sentinel errors of a Book.
var (
	ErrNotFound  = errors.New("no such contact")
	ErrAmbiguous = errors.New("several contacts match")
	ErrEmpty     = errors.New("a contact needs a name and at least one address")
)

const (
	extension = ".vcf"
	// maxCard bounds a file: a card with a photo is some 100 kB.
	maxCard = 4 << 20
	// maxCards bounds the book.
	maxCards = 50_000
)

// Book is a directory of cards. It holds no state: each call reads the files, so
// that what a synchroniser brings is seen at once.
type Book struct{ dir string }

// Open names the directory; it is made with the first contact.
func Open(dir string) *Book { return &Book{dir} }

// Dir is where the cards are.
func (b *Book) Dir() string { return b.dir }

// entry is a contact with its file.
type entry struct {
	Contact
	path, text string
}

// Contacts reads all cards, by name. What can't be read is told in the warnings
// and left out.
func (b *Book) Contacts() (all []Contact, warnings []error, err error) {
	entries, warnings, err := b.read()
	for _, e := range entries {
		all = append(all, e.Contact)
	}
	return all, warnings, err
}

func (b *Book) read() (all []entry, warnings []error, err error) {
	files, err := os.ReadDir(b.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("contacts: %w", err)
	}
	for _, f := range files {
		if f.IsDir() || !strings.EqualFold(filepath.Ext(f.Name()), extension) || strings.HasPrefix(f.Name(), ".") {
			continue
		}
		if len(all) == maxCards {
			warnings = append(warnings, fmt.Errorf("%s holds more than %d contacts; the rest is left out", b.dir, maxCards))
			break
		}
		path := filepath.Join(b.dir, f.Name())
		e, err := readCard(path)
		if err != nil {
			warnings = append(warnings, fmt.Errorf("%s: %w", path, err))
			continue
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(x, y entry) int {
		return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name))
	})
	return all, warnings, nil
}

func readCard(path string) (entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return entry{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxCard+1))
	if err != nil {
		return entry{}, err
	}
	if len(text) > maxCard {
		return entry{}, fmt.Errorf("larger than %d MB", maxCard>>20)
	}
	card := modern(string(text))
	c, err := parse(card)
	if err != nil {
		return entry{}, err
	}
	if c.UID == "" {
		c.UID = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	return entry{c, path, card}, nil
}

func parse(text string) (Contact, error) {
	card, err := vcard.NewDecoder(strings.NewReader(text)).Decode()
	if errors.Is(err, io.EOF) {
		err = errors.New("there is no vCard in it")
	}
	if err != nil {
		return Contact{}, err
	}
	return fromCard(card), nil
}

// Save stores a contact: a new one when its UID is empty or unknown, otherwise over
// its card, of which all else stays. It returns the contact as stored.
func (b *Book) Save(c Contact) (Contact, error) {
	c = c.tidy()
	if c.Name == "" || len(c.Addresses) == 0 {
		return Contact{}, ErrEmpty
	}
	entries, _, err := b.read()
	if err != nil {
		return Contact{}, err
	}
	if i := slices.IndexFunc(entries, func(e entry) bool { return c.UID != "" && e.UID == c.UID }); i >= 0 {
		e := entries[i]
		return c, b.write(e.path, edit(e.text, e.Contact, c))
	}
	if c.UID == "" {
		c.UID = newUID()
	}
	return c, b.write(b.fileFor(c.UID, entries), edit(newCard, Contact{}, c))
}

// tidy makes single lines of a contact's values.
func (c Contact) tidy() Contact {
	c.UID, c.Name, c.Nickname, c.Organization = clean(c.UID), clean(c.Name), clean(c.Nickname), clean(c.Organization)
	c.Note = strings.TrimSpace(c.Note)
	var kept []Address
	for _, a := range c.Addresses {
		a.URI = dialable(clean(a.URI))
		a.Kind = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
				return r
			}
			return -1
		}, strings.ToLower(a.Kind))
		if a.URI != "" {
			kept = append(kept, a)
		}
	}
	c.Addresses = kept
	return c
}

// Remove deletes a contact's card.
func (b *Book) Remove(uid string) error {
	entries, _, err := b.read()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.UID == uid {
			return os.Remove(e.path)
		}
	}
	return ErrNotFound
}

// Import takes every card of a .vcf text: a card whose UID is here already replaces
// it. Cards that can't be used are told in the warnings.
func (b *Book) Import(r io.Reader) (added, replaced int, warnings []error, err error) {
	entries, _, err := b.read()
	if err != nil {
		return 0, 0, nil, err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return 0, 0, nil, err
	}
	cards := cut(string(text))
	if len(cards) == 0 {
		return 0, 0, nil, errors.New("there is no vCard in it")
	}
	for i, card := range cards {
		card = modern(card)
		c, err := parse(card)
		if err == nil && (c.Name == "" || len(c.Addresses) == 0) {
			err = fmt.Errorf("%q has no number or SIP address", c.Name)
		}
		if err != nil {
			warnings = append(warnings, fmt.Errorf("card %d is left out: %w", i+1, err))
			continue
		}
		if c.UID == "" {
			before := c
			c.UID = newUID()
			card = edit(card, before, c)
		}
		at := slices.IndexFunc(entries, func(e entry) bool { return e.UID == c.UID })
		if at >= 0 {
			replaced++
			err = b.write(entries[at].path, card)
		} else {
			path := b.fileFor(c.UID, entries)
			entries = append(entries, entry{c, path, card})
			added++
			err = b.write(path, card)
		}
		if err != nil {
			return added, replaced, warnings, err
		}
	}
	return added, replaced, warnings, nil
}

// Export writes all cards after one another, each as it is stored.
func (b *Book) Export(w io.Writer) (n int, err error) {
	entries, _, err := b.read()
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if _, err := io.WriteString(w, strings.TrimRight(e.text, "\r\n")+"\r\n"); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// cut takes the cards of a text apart, each from its BEGIN to its END.
func cut(text string) []string {
	var out []string
	var b strings.Builder
	inside := false
	for _, l := range split(text) {
		name, value := property(l)
		card := strings.EqualFold(strings.TrimSpace(value), "VCARD")
		if name == "BEGIN" && card {
			inside = true
			b.Reset()
		}
		if !inside {
			continue
		}
		b.WriteString(l)
		if name == "END" && card {
			inside = false
			out = append(out, strings.TrimRight(b.String(), "\r\n")+"\r\n")
		}
	}
	return out
}

// fileFor names the file of a new card: its UID when that is a plain name.
func (b *Book) fileFor(uid string, entries []entry) string {
	name := strings.TrimPrefix(uid, "urn:uuid:")
	plain := name != "" && len(name) < 100 && !strings.HasPrefix(name, ".") && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	})
	path := filepath.Join(b.dir, name+extension)
	if !plain || slices.ContainsFunc(entries, func(e entry) bool { return e.path == path }) {
		path = filepath.Join(b.dir, strings.TrimPrefix(newUID(), "urn:uuid:")+extension)
	}
	return path
}

// newUID is a version 4 UUID as a URN (RFC 9562).
func newUID() string {
	var u [16]byte
	_, _ = rand.Read(u[:]) // never fails (crypto/rand)
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// write replaces a file whole or not at all; a synchroniser never sees half a card.
func (b *Book) write(path, text string) error {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return fmt.Errorf("contacts: %w", err)
	}
	tmp, err := os.CreateTemp(b.dir, ".card-*.tmp") // 0600
	if err != nil {
		return fmt.Errorf("contacts: %w", err)
	}
	_, err = io.Copy(tmp, bytes.NewReader([]byte(text)))
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("contacts: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}
