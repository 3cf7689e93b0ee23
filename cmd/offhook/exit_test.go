package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"offhook/ua/call"
)

func TestCauseCodes(t *testing.T) {
	want := map[call.Cause]exitCode{
		call.CauseNone: 0, call.LocalHangup: 0, call.RemoteHangup: 0, call.Declined: 0, call.Shutdown: 0,
		call.Canceled: 5, call.RemoteCanceled: 5, call.NoAnswer: 5, call.Timeout: 5,
		call.Rejected: 4, call.TransportFailure: 6, call.AuthFailure: 7, call.MediaFailure: 1, call.ProtocolError: 1,
		call.AnsweredElsewhere: 0,
	}
	for c := call.CauseNone; c <= call.AnsweredElsewhere; c++ {
		code, ok := want[c]
		if got := causeCode(c); !ok || got != code {
			t.Errorf("%s: exit code %d, want %d", c.String(), got, code)
		}
		if strings.Contains(c.String(), " ") {
			t.Errorf("cause %d has no name", c)
		}
	}
}

func TestCodeOf(t *testing.T) {
	for _, test := range []struct {
		err  error
		want exitCode
	}{
		{nil, exitOK},
		{errors.New("x"), exitInternal},
		{fmt.Errorf("x: %w", fail(exitAuth, errors.New("y"))), exitAuth},
		{errors.Join(ended(exitRejected), errors.New("closing")), exitRejected},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), exitTimeout},
	} {
		if got := codeOf(test.err); got != test.want {
			t.Errorf("%v: %d, want %d", test.err, got, test.want)
		}
	}
	if ended(exitOK) != nil {
		t.Error("a good end is an error")
	}
}
