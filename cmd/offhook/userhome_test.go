package main

import (
	"errors"
	"strings"
	"testing"
)

func TestEnvironmentHasAHome(t *testing.T) {
	none := func() (string, error) { return "", errors.New("user: unknown userid 4711") }
	for _, tt := range []struct {
		name   string
		env    map[string]string
		passwd func() (string, error)
		home   string
		err    string
	}{
		{"the variable", map[string]string{"HOME": "/h"}, none, "/h", ""},
		{"the password database", nil, func() (string, error) { return "/p", nil }, "/p", ""},
		{"a relative variable", map[string]string{"HOME": "h"}, func() (string, error) { return "/p", nil }, "/p", ""},
		{"nothing", nil, none, "", "unknown userid 4711; set HOME"},
		{"a user without a directory", nil, func() (string, error) { return "", nil }, "", "set HOME"},
		{"a place for all", map[string]string{"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s", "XDG_DATA_HOME": "/d"}, none, "", ""},
		{"a place for some", map[string]string{"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "s", "XDG_DATA_HOME": "/d"}, none, "", "set HOME"},
	} {
		getenv, err := environment(func(k string) string { return tt.env[k] }, tt.passwd)
		if getenv("HOME") != tt.home || getenv("XDG_STATE_HOME") != tt.env["XDG_STATE_HOME"] {
			t.Errorf("%s: HOME is %q", tt.name, getenv("HOME"))
		}
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
