package main

import (
	"errors"
	"fmt"
	"strings"
)

// accountError is of a value of an account that can't be used. Where it stands, a flag or
// the file, is for whoever shows it to say.
type accountError struct {
	account, key string
	err          error
}

func (e *accountError) Error() string {
	return fmt.Sprintf("%s of account %q: %v", e.key, e.account, e.err)
}

func (e *accountError) Unwrap() error { return e.err }

// blame says where the value that err is about was given: on the command line, or else in
// the configuration.
func (f *accountFlags) blame(err error) error {
	var e *accountError
	if !errors.As(err, &e) {
		return err
	}
	name := strings.ReplaceAll(e.key, "_", "-")
	if flag := f.set.Lookup(name); flag != nil && flag.Changed {
		return failf(exitUsage, "--%s: %w", name, e.err)
	}
	return fail(exitConfig, err)
}
