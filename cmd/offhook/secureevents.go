package main

import (
	"slices"
	"strings"

	"offhook/ua"
	"offhook/ua/sip"
)

// insecureEvent tells of a server that is talked to though its certificate proves nothing.
type insecureEvent struct {
	head
	Server  string `json:"server"`
	Problem string `json:"problem"`
	Error   string `json:"error"`
	Pin     string `json:"pin"`
}

func insecureOf(e ua.ServerUnverified) insecureEvent {
	return insecureEvent{headOf(e.Meta, "insecure", e.Account), e.Err.Host, e.Err.Problem.String(), message(e.Err), e.Err.Pin.String()}
}

// insecureAccounts names those that believe every server.
func insecureAccounts(accounts []ua.Account) string {
	var names []string
	for _, a := range accounts {
		if a.TLS.Verify == sip.VerifyNothing {
			names = append(names, a.Name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
