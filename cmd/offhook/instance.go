package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"offhook/ua"
)

// maxPhones bounds how many runs of one account have a lasting instance each.
const maxPhones = 16

// isInstance says that s is a URN as ua.NewInstance makes it (RFC 9562, section 4).
func isInstance(s string) bool {
	const form = "urn:uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(s) != len(form) {
		return false
	}
	for i := range len(s) {
		if form[i] == 'x' && !strings.Contains("0123456789abcdef", s[i:i+1]) || form[i] != 'x' && form[i] != s[i] {
			return false
		}
	}
	return true
}

// instance is the URN by which a registrar knows this phone again after a restart (RFC
// 5626, section 4.1): a file for each account, which a run holds a lock on. A second run
// at the same time is another phone, so it takes the next file; else each would take the
// other's calls. Where nothing can be kept the URN is of this run alone.
//
//	instances/work-1   held by the first run
//	instances/work-2   by a second one beside it
func (a *app) instance(account string) string {
	dir := filepath.Join(a.stateDir(), "instances")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return ua.NewInstance()
	}
	for n := 1; n <= maxPhones; n++ {
		f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf("%s-%d", url.PathEscape(account), n)), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			break
		}
		if !lockFile(f) {
			f.Close()
			continue
		}
		a.instances = append(a.instances, f) // locked as long as it is open
		return keptInstance(f)
	}
	return ua.NewInstance()
}

// keptInstance reads the URN of a file, or puts a new one into it.
func keptInstance(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, 1024))
	if urn := strings.TrimSpace(string(b)); err == nil && isInstance(urn) {
		return urn
	}
	urn := ua.NewInstance()
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt([]byte(urn+"\n"), 0) // else it is of this run alone
	}
	return urn
}
