package main

import (
	"fmt"
	"time"

	"offhook/ua"
)

// The events of texts, as docs/events.md describes them.
type (
	messageEvent struct {
		head
		From     string     `json:"from"`
		FromName string     `json:"from_name,omitempty"`
		To       string     `json:"to,omitempty"`
		Text     string     `json:"text"`
		Type     string     `json:"type"`
		Call     uint64     `json:"call,omitempty"`
		Sent     *time.Time `json:"sent,omitempty"`
	}
	messageSentEvent struct {
		head
		Message uint64  `json:"message"`
		Target  string  `json:"target"`
		Text    string  `json:"text"`
		Call    uint64  `json:"call,omitempty"`
		Code    int     `json:"code,omitempty"`
		Reason  string  `json:"reason,omitempty"`
		Stored  bool    `json:"stored,omitempty"`
		RTTMS   float64 `json:"rtt_ms,omitempty"`
		Error   string  `json:"error,omitempty"`
	}
)

func messageOf(e ua.MessageReceived) messageEvent {
	m := e.Message
	return messageEvent{headOf(e.Meta, "message", m.Account), m.From, m.FromName, m.To, m.Text, m.Type, uint64(m.Call), moment(m.Sent)}
}

func messageSentOf(e ua.MessageSent) messageSentEvent {
	r := e.Result
	return messageSentEvent{
		headOf(e.Meta, "message_sent", r.Account), uint64(r.ID), r.Target, r.Text, uint64(r.Call), r.Code, r.Reason, r.Stored(), ms(r.RTT), message(r.Err),
	}
}

// sentLine tells what became of a text; brief leaves why it failed to the message on stderr.
func sentLine(r ua.MessageResult, brief bool) string {
	switch {
	case r.Err != nil && brief:
		return fmt.Sprintf("message to %s not delivered", r.Target)
	case r.Err != nil:
		return fmt.Sprintf("message to %s not delivered: %v", r.Target, r.Err)
	case r.Stored():
		return fmt.Sprintf("message to %s is kept for later (%d %s)", r.Target, r.Code, r.Reason)
	}
	return fmt.Sprintf("message to %s delivered: %d %s in %.1f ms", r.Target, r.Code, r.Reason, ms(r.RTT))
}
