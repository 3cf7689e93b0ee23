package main

import (
	"strings"

	"github.com/spf13/cobra"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/event"
)

// presenceFlags say what a phone publishes.
type presenceFlags struct{ status, note string }

func (f *presenceFlags) addTo(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.status, "presence", "", "publish the `STATUS` open or closed while registered")
	s.StringVar(&f.note, "note", "", "`TEXT` to publish with --presence")
	behaviour(cmd, "presence", "note")
}

// request is what to publish; ok is false for nothing.
func (f *presenceFlags) request() (r ua.PublishRequest, ok bool, err error) {
	switch strings.ToLower(f.status) {
	case "":
		if f.note != "" {
			return r, false, failf(exitUsage, "--note needs --presence")
		}
		return r, false, nil
	case "open":
		return ua.PublishRequest{Status: event.Open, Note: f.note}, true, nil
	case "closed":
		return ua.PublishRequest{Status: event.Closed, Note: f.note}, true, nil
	}
	return r, false, failf(exitUsage, "--presence: %q is neither open nor closed", f.status)
}

// publications waits for what --presence publishes, for the first time and for each account.
type publications struct {
	waiting map[string]bool
	err     error // of the first that failed
	over    func(error)
}

func awaitPresence(accounts []ua.Account, over func(error)) *publications {
	p := &publications{waiting: map[string]bool{}, over: over}
	for _, a := range accounts {
		p.waiting[a.Name] = true
	}
	return p
}

func (p *publications) event(e ua.Event) {
	change, ok := e.(ua.PresencePublished)
	info := change.Publication
	if !ok || !p.waiting[info.Account] || info.Err == nil && info.Phase != event.Active {
		return
	}
	delete(p.waiting, info.Account)
	if info.Err != nil && p.err == nil {
		cause, _ := ua.CauseOf(info.Err)
		code := causeCode(cause)
		if code == exitOK {
			code = exitRejected
		}
		p.err = failf(code, "the presence of %q could not be published: %w", info.Account, info.Err)
	}
	if len(p.waiting) == 0 {
		p.over(p.err)
	}
}

// beyond puts into an account what the configuration says beyond calls.
func beyond(c config.Account, out *ua.Account) error {
	out.Voicemail, out.SubscribeMWI, out.Watch = c.Voicemail, c.SubscribeMWI, c.Watch
	out.Publish, out.Watchers = c.Publish, c.AllowWatchers
	out.QualityReport = c.QualityReport
	return nil
}
