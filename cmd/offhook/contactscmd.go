package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"offhook/internal/contacts"
)

func (a *app) contactsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "contacts [TEXT]",
		Short: "List, add, import or export contacts",
		Long: `The address book is a directory of vCards, a contact a file, as CardDAV
synchronisers keep them: point vdirsyncer at it, or contacts.directory at theirs.
A contact's name can be dialled: offhook call "Bob Bell".`,
		Example: `  offhook contacts
  offhook contacts add "Bob Bell" sip:bob@example.org --kind work
  offhook contacts import phone-export.vcf
  offhook contacts export > all.vcf`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.listContacts(args) },
	}
	c.AddCommand(a.contactsAdd(), a.contactsShow(), a.contactsRemove(), a.contactsImport(), a.contactsExport(), &cobra.Command{
		Use: "path", Short: "Print where the cards are", Example: "  ls \"$(offhook contacts path)\"", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			s, err := a.settings()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.stdout, a.book(s).Dir())
			return err
		},
	})
	return c
}

// openBook reads the address book; what can't be read of it is warned of.
func (a *app) openBook() (*contacts.Book, []contacts.Contact, error) {
	s, err := a.settings()
	if err != nil {
		return nil, nil, err
	}
	b := a.book(s)
	all, warnings, err := b.Contacts()
	for _, w := range warnings {
		a.warn("%v", w)
	}
	if err != nil {
		return nil, nil, fail(exitInternal, err)
	}
	return b, all, nil
}

func (a *app) listContacts(args []string) error {
	_, all, err := a.openBook()
	if err != nil {
		return err
	}
	if len(args) > 0 {
		all = contacts.Search(all, args[0])
	}
	if a.global.json {
		enc := json.NewEncoder(a.stdout)
		for _, c := range all {
			if err := enc.Encode(c); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 && len(args) == 0 {
		fmt.Fprintln(a.stderr, "no contacts yet; add one with: offhook contacts add NAME sip:user@host, or: offhook contacts import FILE.vcf")
		return nil
	}
	if len(all) == 0 {
		fmt.Fprintf(a.stderr, "no contact matches %q\n", args[0])
		return nil
	}
	for _, c := range all {
		if _, err := fmt.Fprintln(a.stdout, describe(c)); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) contactsAdd() *cobra.Command {
	var nickname, organization, note, kind string
	var replace bool
	c := &cobra.Command{
		Use: "add NAME ADDRESS...", Short: "Add a contact",
		Long: `Add a contact with one or more addresses, the preferred one first: SIP URIs,
user@host, or numbers.`,
		Example: `  offhook contacts add "Bob Bell" sip:bob@example.org +49301234567
  offhook contacts add Carol 1003 --nickname c --replace`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			b, all, err := a.openBook()
			if err != nil {
				return err
			}
			card := contacts.Contact{Name: args[0], Nickname: nickname, Organization: organization, Note: note}
			for _, c := range all {
				if !strings.EqualFold(c.Name, args[0]) {
					continue
				}
				if !replace {
					return failf(exitUsage, "%s is there already: use --replace to change it", c.Name)
				}
				card.UID = c.UID
				// What isn't said again stays.
				card.Nickname, card.Organization, card.Note = first(nickname, c.Nickname), first(organization, c.Organization), first(note, c.Note)
			}
			for _, uri := range args[1:] {
				if err := checkTarget("", uri); err != nil {
					return err
				}
				if strings.Contains(uri, "@") && !hasScheme(uri) {
					uri = "sip:" + uri
				}
				card.Addresses = append(card.Addresses, contacts.Address{URI: uri, Kind: kind})
			}
			saved, err := b.Save(card)
			if errors.Is(err, contacts.ErrEmpty) {
				return fail(exitUsage, err)
			}
			if err != nil {
				return fail(exitInternal, err)
			}
			_, err = fmt.Fprintf(a.stdout, "saved %s\n", describe(saved))
			return err
		},
	}
	s := c.Flags()
	s.StringVar(&nickname, "nickname", "", "a short `NAME` to dial")
	s.StringVar(&organization, "organization", "", "the contact's `ORGANIZATION`")
	s.StringVar(&note, "note", "", "a `TEXT` to remember")
	s.StringVar(&kind, "kind", "", "what the addresses are: work, home or cell, or another `WORD`")
	s.BoolVar(&replace, "replace", false, "change the contact when it is there already")
	behaviour(c, "nickname", "organization", "note", "kind", "replace")
	return c
}

// oneContact finds the contact that an argument names.
func (a *app) oneContact(text string) (*contacts.Book, contacts.Contact, error) {
	b, all, err := a.openBook()
	if err != nil {
		return nil, contacts.Contact{}, err
	}
	c, err := contacts.Find(all, text)
	if errors.Is(err, contacts.ErrNotFound) {
		err = fmt.Errorf("no contact matches %q", text)
	}
	if err != nil {
		return nil, c, fail(exitUsage, err)
	}
	return b, c, nil
}

func (a *app) contactsShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Print a contact", Example: "  offhook contacts show bob\n  offhook contacts show bob --json",
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeContacts,
		RunE: func(_ *cobra.Command, args []string) error {
			_, c, err := a.oneContact(args[0])
			if err != nil {
				return err
			}
			if a.global.json {
				return json.NewEncoder(a.stdout).Encode(c)
			}
			lines := []string{c.Name}
			for _, d := range []struct{ name, value string }{{"nickname", c.Nickname}, {"organization", c.Organization}, {"note", c.Note}, {"uid", c.UID}} {
				if d.value != "" {
					lines = append(lines, fmt.Sprintf("  %-13s %s", d.name, strings.ReplaceAll(d.value, "\n", "\n                ")))
				}
			}
			for _, address := range c.Addresses {
				lines = append(lines, fmt.Sprintf("  %-13s %s", first(address.Kind, "address"), address.URI))
			}
			_, err = fmt.Fprintln(a.stdout, strings.Join(lines, "\n"))
			return err
		},
	}
}

func (a *app) contactsRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Remove a contact", Example: "  offhook contacts remove bob",
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeContacts,
		RunE: func(_ *cobra.Command, args []string) error {
			b, c, err := a.oneContact(args[0])
			if err != nil {
				return err
			}
			if err := b.Remove(c.UID); err != nil {
				return fail(exitInternal, err)
			}
			_, err = fmt.Fprintf(a.stdout, "removed %s\n", c.Name)
			return err
		},
	}
}

func (a *app) contactsImport() *cobra.Command {
	return &cobra.Command{
		Use: "import FILE", Short: "Import the vCards of a file; - reads standard input",
		Long:    "Import the vCards of a file, as phones and mail programs export them. A card whose UID is here already replaces it.",
		Example: "  offhook contacts import phone.vcf\n  ssh other offhook contacts export | offhook contacts import -",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			in := io.Reader(a.stdin)
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return fail(exitUsage, err)
				}
				defer f.Close()
				in = f
			}
			b, _, err := a.openBook()
			if err != nil {
				return err
			}
			added, replaced, warnings, err := b.Import(in)
			for _, w := range warnings {
				a.warn("%v", w)
			}
			if err != nil {
				return failf(exitUsage, "%s: %w", args[0], err)
			}
			_, err = fmt.Fprintf(a.stdout, "added %s, replaced %d\n", count(added, "contact"), replaced)
			return err
		},
	}
}

func (a *app) contactsExport() *cobra.Command {
	return &cobra.Command{
		Use: "export", Short: "Write all contacts as vCards to standard output",
		Example: "  offhook contacts export > all.vcf",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b, _, err := a.openBook()
			if err != nil {
				return err
			}
			if _, err := b.Export(a.stdout); err != nil {
				return fail(exitInternal, err)
			}
			return nil
		},
	}
}

// completeContacts gives the shell the contacts' names.
func (a *app) completeContacts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	_, all, err := a.openBook()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, c := range all {
		names = append(names, c.Name+"\t"+c.Addresses[0].URI)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
