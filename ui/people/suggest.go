package people

import "strings"

// Suggestion completes what is being typed.
type Suggestion struct {
	Name   string // empty for a number without one
	Target string // what to dial
}

// Suggest completes text from the address book and from calls, at most n, contacts first.
func Suggest(text string, book Book, past Past, domain string, n int) []Suggestion {
	text = strings.TrimSpace(text)
	if text == "" || n <= 0 {
		return nil
	}
	var out []Suggestion
	typed, seen := Key(text, ""), map[string]bool{}
	add := func(name, target string) {
		// Nobody needs what stands there already.
		if k := Key(target, domain); len(out) < n && !seen[k] && Key(target, "") != typed {
			seen[k] = true
			out = append(out, Suggestion{name, target})
		}
	}
	for _, e := range book.Search(text) {
		add(e.Name, e.Address.URI)
	}
	lower := strings.ToLower(text)
	for _, c := range past.Calls {
		name := book.Name(c.Remote)
		if name == "" {
			name = c.Name
		}
		if strings.Contains(strings.ToLower(name), lower) || strings.Contains(strings.ToLower(Key(c.Remote, domain)), lower) {
			if !anonymous(c.Remote) {
				add(name, c.Remote)
			}
		}
	}
	return out
}

// anonymous is an address that nobody answers at (RFC 3323, section 4.1.1.3).
func anonymous(uri string) bool {
	return uri == "" || strings.Contains(strings.ToLower(uri), "anonymous.invalid")
}

// Reachable says that an address can be called or written to.
func Reachable(uri string) bool { return !anonymous(strings.TrimSpace(uri)) }
