package main

import (
	"testing"
	"time"

	"offhook/internal/history"
	"offhook/ua"
	"offhook/ua/call"
)

// What people read in the history, by how the call ended.
func TestOutcomes(t *testing.T) {
	for _, tt := range []struct {
		name string
		call ua.CallInfo
		want history.Outcome
	}{
		{"talked", ua.CallInfo{Answered: time.Unix(1, 0), Cause: call.RemoteHangup}, history.Answered},
		{"the line broke after the answer", ua.CallInfo{Answered: time.Unix(1, 0), Cause: call.TransportFailure}, history.Answered},
		{"the caller gave up", ua.CallInfo{Direction: ua.Incoming, Cause: call.RemoteCanceled}, history.Missed},
		{"another phone took it", ua.CallInfo{Direction: ua.Incoming, Cause: call.AnsweredElsewhere}, history.Elsewhere},
		{"it rang out here", ua.CallInfo{Direction: ua.Incoming, Cause: call.NoAnswer}, history.Missed},
		{"refused here", ua.CallInfo{Direction: ua.Incoming, Cause: call.Declined}, history.Declined},
		{"we gave up", ua.CallInfo{Cause: call.Canceled}, history.NoAnswer},
		{"it rang out there", ua.CallInfo{Cause: call.NoAnswer}, history.NoAnswer},
		{"refused there", ua.CallInfo{Cause: call.Rejected, Code: 486}, history.Refused},
		{"no network", ua.CallInfo{Cause: call.TransportFailure}, history.Failed},
		{"wrong password", ua.CallInfo{Cause: call.AuthFailure}, history.Failed},
	} {
		if got := recordOf(tt.call).Outcome; got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
