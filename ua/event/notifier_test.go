package event

import (
	"testing"
	"time"
)

func TestNotifier(t *testing.T) {
	sub := func(s int) Subscribe {
		return Subscribe{Expires: time.Duration(s) * time.Second, HasExpires: true}
	}
	done := Response{Code: 200}
	begin := []at{
		{0, sub(600), "200 600, NOTIFY active;expires=600 full=true", Active},
		{0.1, done, "", Active},
	}
	for name, script := range map[string][]at{
		"a change is told": append(begin[:2:2], at{5, Update{}, "NOTIFY active;expires=595 full=false", Active}),
		"changes at once make one NOTIFY more": append(begin[:2:2],
			at{5, Update{}, "NOTIFY active;expires=595 full=false", Active}, at{5, Update{}, "", Active}, at{5, Update{}, "", Active},
			at{5.5, done, "", Active}, at{7, Tick{}, "NOTIFY active;expires=593 full=false", Active}),
		"a change while the first NOTIFY is under way": {
			{0, sub(600), "200 600, NOTIFY active;expires=600 full=true", Active}, {3, Update{}, "", Active},
			{4, done, "NOTIFY active;expires=596 full=false", Active},
		},
		"a refresh gets everything": append(begin[:2:2], at{300, sub(600), "200 600, NOTIFY active;expires=600 full=true", Active}),
		"its time is over": append(begin[:2:2],
			at{600, Tick{}, "NOTIFY terminated;reason=timeout full=true", Active}, at{601, done, "", Terminated}),
		"unsubscribed": append(begin[:2:2],
			at{10, sub(0), "200, NOTIFY terminated;reason=timeout full=true", Active}, at{11, done, "", Terminated}),
		"unsubscribed while a NOTIFY is under way": {
			{0, sub(600), "200 600, NOTIFY active;expires=600 full=true", Active}, {0.1, sub(0), "200", Active},
			{0.2, done, "NOTIFY terminated;reason=timeout full=true", Active}, {0.3, done, "", Terminated}, {1, sub(60), "481", Terminated},
		},
		"a fetch": {
			{0, sub(0), "200, NOTIFY terminated;reason=timeout full=true", Active}, {1, done, "", Terminated},
		},
		"too brief":               {{0, sub(3), "423 min 10", Idle}},
		"too long is shortened":   {{0, sub(9999), "200 3600, NOTIFY active;expires=3600 full=true", Active}},
		"no Expires: the default": {{0, Subscribe{}, "200 3600, NOTIFY active;expires=3600 full=true", Active}},
		"a 481 ends it":           append(begin[:1:1], at{1, Response{Code: 481}, "", Terminated}),
		"a time-out ends it":      append(begin[:1:1], at{32, Lost{}, "", Terminated}),
		"a refusal that may pass": append(begin[:1:1], at{1, Response{Code: 503, RetryAfter: 5 * time.Second}, "", Active}, at{6, Tick{}, "NOTIFY active;expires=594 full=true", Active}),
		"ended here, with a reason": append(begin[:2:2],
			at{9, Terminate{Reason: Deactivated}, "NOTIFY terminated;reason=deactivated full=true", Active}, at{10, done, "", Terminated}),
	} {
		t.Run(name, func(t *testing.T) { play(t, NewNotifier(NotifierConfig{Interval: 2 * time.Second}), script) })
	}
	play(t, NewNotifier(NotifierConfig{Pending: true}), []at{
		{0, sub(60), "200 60, NOTIFY pending;expires=60 full=true", Pending}, {0.1, done, "", Pending}, {1, Update{}, "", Pending},
		{2, Approve{}, "NOTIFY active;expires=58 full=true", Active},
	})
}

func TestPublisher(t *testing.T) {
	tag := func(code int, etag string) Response {
		return Response{Code: code, ETag: etag, Expires: 600 * time.Second, HasExpires: true}
	}
	begin := []at{
		{0, Publish{}, "PUBLISH 3600 body=true", Starting},
		{1, tag(200, "a"), "", Active},
	}
	for name, script := range map[string][]at{
		"refreshed without its body": append(begin[:2:2],
			at{541, Tick{}, "PUBLISH 3600 body=false a", Active}, at{542, tag(200, "b"), "", Active},
			at{1082, Tick{}, "PUBLISH 3600 body=false b", Active}),
		"changed": append(begin[:2:2], at{9, Publish{}, "PUBLISH 3600 body=true a", Active}, at{10, tag(200, "b"), "", Active}),
		"changed meanwhile": {
			{0, Publish{}, "PUBLISH 3600 body=true", Starting}, {0.5, Publish{}, "", Starting},
			{1, tag(200, "a"), "PUBLISH 3600 body=true a", Active},
		},
		"412: forgotten there, from the start": append(begin[:2:2],
			at{541, Tick{}, "PUBLISH 3600 body=false a", Active}, at{542, Response{Code: 412}, "PUBLISH 3600 body=true", Starting},
			at{543, tag(200, "c"), "", Active}),
		"423": {
			{0, Publish{}, "PUBLISH 3600 body=true", Starting},
			{1, Response{Code: 423, MinExpires: 7200 * time.Second}, "PUBLISH 7200 body=true", Starting},
		},
		"removed": append(begin[:2:2], at{9, Stop{}, "PUBLISH 0 body=false a", Ending}, at{10, Response{Code: 200}, "", Idle}),
		"removed before the answer": {
			{0, Publish{}, "PUBLISH 3600 body=true", Starting}, {0.1, Stop{}, "", Starting},
			{0.2, tag(200, "a"), "PUBLISH 0 body=false a", Ending}, {0.3, Response{Code: 200}, "", Idle},
		},
		"489: nobody takes it": {{0, Publish{}, "PUBLISH 3600 body=true", Starting}, {1, Response{Code: 489}, "", Terminated}},
		"a time-out backs off": {
			{0, Publish{}, "PUBLISH 3600 body=true", Starting}, {32, Lost{}, "", Waiting}, {35, Tick{}, "PUBLISH 3600 body=true", Starting},
		},
		"recovery": {
			{0, Publish{}, "PUBLISH 3600 body=true", Starting}, {32, Lost{}, "", Waiting}, {33, Refresh{}, "PUBLISH 3600 body=true", Starting},
		},
	} {
		t.Run(name, func(t *testing.T) { play(t, NewPublisher(0, func() float64 { return 0 }), script) })
	}
}
