package main

import (
	"errors"

	"offhook/ua"
)

// anyDomain stands in for the account's while a target's shape is checked.
const anyDomain = "example.invalid"

// checkTarget finds what is wrong with a typed target before anything is sent; flag is
// empty for the argument of a command.
func checkTarget(flag, target string) error {
	err := ua.CheckTarget(target, anyDomain)
	switch {
	case err == nil:
		return nil
	case flag == "":
		return fail(exitUsage, err)
	}
	return failf(exitUsage, "%s: %w", flag, err)
}

// checkTargets finds it for all that a call is to do. What is parked is no target but a slot.
func (f *callFlags) checkTargets(target string) error {
	var errs []error
	if !f.transfer.retrieve || target == "" {
		errs = append(errs, checkTarget("", target))
	}
	if f.transfer.to != "" {
		errs = append(errs, checkTarget("--transfer", f.transfer.to))
	}
	if f.transfer.attended != "" {
		errs = append(errs, checkTarget("--transfer-attended", f.transfer.attended))
	}
	for _, with := range f.conference.with {
		errs = append(errs, checkTarget("--conference", with))
	}
	return errors.Join(errs...)
}

// checkFeatures finds that the account lacks the code of its PBX that is asked for.
func (f *callFlags) checkFeatures(account ua.Account) error {
	for _, need := range []struct {
		wanted          bool
		code, flag, key string
	}{
		{f.transfer.park, account.Features.Park, "--park", "park_code"},
		{f.transfer.retrieve, account.Features.Retrieve, "--retrieve", "retrieve_code"},
	} {
		if need.wanted && need.code == "" {
			return failf(exitConfig, "%s: %w; set %s of account %q", need.flag, ua.ErrNoFeature, need.key, account.Name)
		}
	}
	return nil
}
