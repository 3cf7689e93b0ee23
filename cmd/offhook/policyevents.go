package main

import (
	"fmt"

	"offhook/ua"
)

type (
	callRefusedEvent struct {
		head
		SIPCallID string `json:"sip_call_id,omitempty"`
		Method    string `json:"method"`
		From      string `json:"from,omitempty"`
		Name      string `json:"name,omitempty"`
		Dialed    string `json:"dialed,omitempty"`
		Source    string `json:"source"`
		Why       string `json:"why"`
		// Code is absent when nothing was answered.
		Code   int    `json:"code,omitempty"`
		Target string `json:"target,omitempty"`
		Rule   string `json:"rule,omitempty"`
		// Error is what was wrong with it, when the code doesn't say all.
		Error string `json:"error,omitempty"`
		Count uint64 `json:"count"`
		Total uint64 `json:"total"`
	}
	policyEvent struct {
		head
		DND             bool    `json:"dnd"`
		ForwardAlways   string  `json:"forward_always,omitempty"`
		ForwardBusy     string  `json:"forward_busy,omitempty"`
		ForwardNoAnswer string  `json:"forward_no_answer,omitempty"`
		ForwardAfter    float64 `json:"forward_after_s,omitempty"`
		AutoAnswer      string  `json:"auto_answer"`
	}
)

func (p *printer) refused(e ua.CallRefused) {
	out := callRefusedEvent{
		head: headOf(e.Meta, "call_refused", e.Account), SIPCallID: e.SIPCallID, Method: e.Method, From: e.From, Name: e.Name, Dialed: e.Dialed,
		Source: e.Source.String(), Why: e.Why.String(), Code: e.Code, Target: e.Target, Rule: e.Rule, Error: message(e.Err), Count: e.Count, Total: e.Total,
	}
	p.emit(e.Time, out, "%s", refusedLine(e))
}

// refusedLine tells a refusal in words.
func refusedLine(e ua.CallRefused) string {
	who := e.From
	if e.Name != "" {
		who = fmt.Sprintf("%q %s", e.Name, who)
	}
	if e.Method != "INVITE" {
		who = e.Method + " of " + who
	}
	switch e.Why {
	case ua.RefusedUnknown:
		if e.Count > 1 {
			return fmt.Sprintf("refused %d requests from %s, which is unknown to %s, the last from %s", e.Count, e.Source.Addr(), e.Account, who)
		}
		return fmt.Sprintf("refused %s: %s is unknown to %s", who, e.Source, e.Account)
	case ua.RefusedBusy:
		return fmt.Sprintf("refused %s: busy", who)
	case ua.RefusedDND:
		return fmt.Sprintf("refused %s: do not disturb", who)
	case ua.RefusedRule:
		if e.Rule == "" {
			return fmt.Sprintf("refused %s with %d", who, e.Code)
		}
		return fmt.Sprintf("refused %s with %d by the rule %s", who, e.Code, e.Rule)
	case ua.RefusedUnfit:
		return fmt.Sprintf("refused %s with %d: %s", who, e.Code, e.Unfit())
	case ua.RefusedForwarded:
		return fmt.Sprintf("sent %s on to %s", who, e.Target)
	}
	return fmt.Sprintf("refused %s", who)
}

func (p *printer) policy(e ua.PolicyChanged) {
	f := e.Policy.Forward
	out := policyEvent{
		head: headOf(e.Meta, "policy", ""), DND: e.Policy.DND, ForwardAlways: f.Always, ForwardBusy: f.Busy, ForwardNoAnswer: f.NoAnswer,
		AutoAnswer: e.Policy.AutoAnswer.String(),
	}
	if f.NoAnswer != "" {
		out.ForwardAfter = f.After.Seconds()
	}
	dnd := "off"
	if e.Policy.DND {
		dnd = "on"
	}
	p.emit(e.Time, out, "the rules for calls have changed; do not disturb is %s", dnd)
}
