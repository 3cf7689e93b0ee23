package main

import (
	"errors"

	"github.com/spf13/cobra"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/header"
)

// headerFlags are what a call says of itself.
type headerFlags struct {
	subject, priority, organization string
	privacy, identity               string
	headers                         []string
}

func (f *headerFlags) addTo(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.subject, "subject", "", "`TEXT` that tells the callee what the call is about")
	s.StringVar(&f.priority, "priority", "", "`WORD` for how urgent it is: emergency, urgent, normal or non-urgent")
	s.StringVar(&f.organization, "organization", "", "organization `NAME` that calls")
	s.StringVar(&f.privacy, "privacy", "", "ask to keep the caller back: `KINDS` none, or some of id, header, session, user, history, critical; all but none make From anonymous")
	s.StringVar(&f.identity, "identity", "", "`ADDRESS` that the account's proxy is asked to vouch for")
	s.StringArrayVar(&f.headers, "header", nil, "add `'Name: value'` to the INVITE; may be repeated")
	inGroup(cmd.Flags(), "says", "header", "subject", "priority", "organization", "privacy", "identity")
}

// put checks the flags and fills a request to call.
func (f *headerFlags) put(r *ua.DialRequest) error {
	r.Subject, r.Priority, r.Organization, r.Identity, r.Headers = f.subject, f.priority, f.organization, f.identity, f.headers
	privacy, err := header.ParsePrivacy(f.privacy)
	if err != nil {
		return failf(exitUsage, "--privacy: %w", err)
	}
	r.Privacy = privacy
	return typedHeaders(r.Check())
}

// typedHeaders makes an error of a person's headers one of usage.
func typedHeaders(err error) error {
	if err == nil {
		return nil
	}
	return fail(exitUsage, err)
}

// introduces puts into an account what the configuration says of its caller, and its further credentials.
func (a *app) introduces(c config.Account, out *ua.Account) error {
	var err error
	if out.Privacy, err = header.ParsePrivacy(c.Privacy); err != nil {
		return failf(exitConfig, "account.privacy: %w", err)
	}
	out.Organization, out.Identity, out.Realm = c.Organization, c.Identity, c.Realm
	var errs []error
	if err := ua.CheckHeaders(c.Headers); err != nil {
		errs = append(errs, &accountError{c.Name, "headers", err})
	}
	if err := (ua.DialRequest{Identity: c.Identity}).Check(); err != nil {
		errs = append(errs, &accountError{c.Name, "identity", err})
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for _, cred := range c.Credentials {
		password, warning, err := a.vault().PasswordFor(c, cred)
		if err != nil {
			return fail(exitConfig, err)
		}
		if warning != "" {
			a.warn("%s", warning)
		}
		out.Credentials = append(out.Credentials, ua.Credential{Realm: cred.Realm, User: cred.User, Password: ua.Secret(password)})
	}
	return nil
}
