package pbx

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"offhook/ua/sip"
)

// TestFork plays what the branches and the caller do, and reads what the fork asks
// for (RFC 3261, sections 16.7, 16.8 and 16.10).
//
// Input: "0:180" branch 0 sent 180, "1:lost" unreachable, "1:timeout" no answer from
// it, "0:C" its timer ran out, "CANCEL" from the caller. Effects: "reply 200",
// "CANCEL 1", "arm 0", "drop 0"; local responses have an "l".
func TestFork(t *testing.T) {
	for _, c := range []struct {
		name   string
		method string
		legs   int
		// play alternates inputs and the effects that each must give.
		play []string
	}{
		{"one phone answers", "INVITE", 1, []string{
			"0:100", "", "0:180", "arm 0, reply 180", "0:200", "reply 200", "0:200", "reply 200"}},
		{"one phone refuses", "INVITE", 1, []string{"0:180", "arm 0, reply 180", "0:486", "reply 486"}},
		{"100 stops here", "INVITE", 1, []string{"0:100", "", "0:100", ""}},
		{"the first of two answers, the other is cancelled", "INVITE", 2, []string{
			"0:180", "arm 0, reply 180", "1:180", "arm 1, reply 180",
			"1:200", "reply 200, CANCEL 0, arm 0", "0:487", ""}},
		{"a loser that said nothing is cancelled at its first 1xx", "INVITE", 2, []string{
			"1:200", "reply 200", "0:100", "CANCEL 0, arm 0", "0:180", "", "0:487", ""}},
		{"a loser that answers too: both 2xx are the caller's", "INVITE", 2, []string{
			"0:180", "arm 0, reply 180", "1:200", "reply 200, CANCEL 0, arm 0", "0:200", "reply 200"}},
		{"no provisional after the answer", "INVITE", 2, []string{
			"1:200", "reply 200", "0:183", "CANCEL 0, arm 0"}},
		{"the best of two failures, in either order", "INVITE", 2, []string{"0:486", "", "1:503", "reply 486"}},
		{"the best of two failures, in the other order", "INVITE", 2, []string{"0:503", "", "1:486", "reply 486"}},
		{"6xx cancels the rest and wins", "INVITE", 3, []string{
			"0:180", "arm 0, reply 180", "1:486", "", "2:603", "CANCEL 0, arm 0", "0:487", "reply 603"}},
		{"a 2xx that crosses the CANCEL after a 6xx", "INVITE", 2, []string{
			"0:180", "arm 0, reply 180", "1:600", "CANCEL 0, arm 0", "0:200", "reply 200"}},
		{"a challenge goes before a plain refusal, with all challenges", "INVITE", 3, []string{
			"0:486", "", "1:401", "", "2:407", "reply 401 +2"}},
		{"3xx goes before 4xx", "INVITE", 2, []string{"0:404", "", "1:302", "reply 302"}},
		{"503 of the only phone is told as it is", "INVITE", 1, []string{"0:503", "reply 503"}},
		{"what a phone said goes before what is said for it", "INVITE", 2, []string{"0:lost", "", "1:486", "reply 486"}},
		{"nobody there", "INVITE", 2, []string{"0:lost", "", "1:lost", "reply l480"}},
		{"nobody answers", "INVITE", 2, []string{"0:timeout", "", "1:timeout", "reply l408"}},
		{"the caller gives up", "INVITE", 2, []string{
			"0:180", "arm 0, reply 180", "1:183", "arm 1, reply 183",
			"CANCEL", "CANCEL 0, arm 0, CANCEL 1, arm 1", "0:487", "", "1:487", "reply 487"}},
		{"the caller gives up before anything came", "INVITE", 1, []string{
			"CANCEL", "", "0:100", "CANCEL 0, arm 0", "0:487", "reply 487"}},
		{"the caller gives up and the phone is silent", "INVITE", 1, []string{
			"CANCEL", "", "0:timeout", "reply l487"}},
		{"CANCEL crosses the answer", "INVITE", 1, []string{
			"0:180", "arm 0, reply 180", "CANCEL", "CANCEL 0, arm 0", "0:200", "reply 200"}},
		{"CANCEL after the answer does nothing", "INVITE", 1, []string{"0:200", "reply 200", "CANCEL", ""}},
		{"CANCEL twice cancels once", "INVITE", 1, []string{
			"0:180", "arm 0, reply 180", "CANCEL", "CANCEL 0, arm 0", "CANCEL", ""}},
		{"timer C: ringing ends as not answered", "INVITE", 1, []string{
			"0:180", "arm 0, reply 180", "0:C", "CANCEL 0, arm 0", "0:487", "reply l408"}},
		{"timer C: the answer crosses", "INVITE", 1, []string{
			"0:180", "arm 0, reply 180", "0:C", "CANCEL 0, arm 0", "0:200", "reply 200"}},
		{"timer C without any response", "INVITE", 1, []string{"0:C", "drop 0, reply l408"}},
		{"no 487 after the CANCEL", "INVITE", 1, []string{
			"0:180", "arm 0, reply 180", "CANCEL", "CANCEL 0, arm 0", "0:C", "drop 0, reply l487"}},
		{"timer C of one branch leaves the other", "INVITE", 2, []string{
			"0:180", "arm 0, reply 180", "1:180", "arm 1, reply 180", "0:C", "CANCEL 0, arm 0",
			"0:487", "", "1:200", "reply 200"}},
		{"a late failure says nothing", "INVITE", 1, []string{"0:200", "reply 200", "0:486", "", "0:lost", "", "0:C", ""}},
		{"BYE: one 2xx only", "BYE", 1, []string{"0:200", "reply 200", "0:200", ""}},
		{"MESSAGE to two phones isn't cancelled", "MESSAGE", 2, []string{"0:100", "", "1:200", "reply 200", "0:486", ""}},
		{"no 408 to a non-INVITE", "MESSAGE", 1, []string{"0:timeout", ""}},
		{"but one that the phone sent", "MESSAGE", 1, []string{"0:408", "reply 408"}},
		{"unreachable non-INVITE", "MESSAGE", 1, []string{"0:lost", "reply l480"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, effects := newFork(c.method == "INVITE", c.legs, nil)
			if c.method == "INVITE" && len(effects) != c.legs {
				t.Errorf("timer C armed %d times for %d legs", len(effects), c.legs)
			}
			for i := 0; i < len(c.play); i += 2 {
				if got := tell(effectsOf(f, c.play[i])); got != c.play[i+1] {
					t.Errorf("%s gave %q, want %q", c.play[i], got, c.play[i+1])
				}
			}
		})
	}
}

func effectsOf(f *fork, input string) []effect {
	if input == "CANCEL" {
		return f.cancel(nil)
	}
	var leg int
	var what string
	fmt.Sscanf(strings.Replace(input, ":", " ", 1), "%d %s", &leg, &what)
	switch what {
	case "lost", "timeout":
		return f.lost(leg, what == "timeout", nil)
	case "C":
		return f.timeout(leg, nil)
	}
	var code int
	fmt.Sscan(what, &code)
	return f.heard(leg, answer{code: code, res: &sip.Response{StatusCode: code}}, nil)
}

func tell(effects []effect) string {
	var out []string
	for _, e := range effects {
		switch e := e.(type) {
		case reply:
			local, more := "l", ""
			if e.res != nil {
				local = ""
			}
			if len(e.challenges) > 0 {
				more = fmt.Sprintf(" +%d", len(e.challenges))
			}
			out = append(out, fmt.Sprintf("reply %s%d%s", local, e.code, more))
		case cancelLeg:
			out = append(out, fmt.Sprintf("CANCEL %d", e.leg))
		case armLeg:
			out = append(out, fmt.Sprintf("arm %d", e.leg))
		case dropLeg:
			out = append(out, fmt.Sprintf("drop %d", e.leg))
		}
	}
	return strings.Join(out, ", ")
}

// FuzzFork throws any order of events at a fork: it ends with one failure at most,
// none after an answer, and cancels a branch once at most.
func FuzzFork(f *testing.F) {
	f.Add(uint8(2), []byte{0x10, 0x21, 0xf0, 0x30})
	f.Add(uint8(3), []byte{0x11, 0x41, 0x52, 0x70, 0x60})
	codes := []int{100, 180, 183, 200, 302, 401, 486, 503, 603, 487}
	f.Fuzz(func(t *testing.T, legs uint8, play []byte) {
		n := int(legs)%4 + 1
		fk, _ := newFork(true, n, nil)
		cancels := make([]int, n)
		finals, failures := 0, 0
		for _, b := range play {
			leg, what := int(b&0xf)%n, int(b>>4)
			var effects []effect
			switch {
			case what < len(codes):
				effects = fk.heard(leg, answer{code: codes[what], res: &sip.Response{StatusCode: codes[what]}}, nil)
			case what == 10:
				effects = fk.lost(leg, true, nil)
			case what == 11:
				effects = fk.lost(leg, false, nil)
			case what == 12:
				effects = fk.timeout(leg, nil)
			default:
				effects = fk.cancel(nil)
			}
			for _, e := range effects {
				switch e := e.(type) {
				case reply:
					switch {
					case e.code < 200 && finals > 0:
						t.Fatalf("%d after a final response", e.code)
					case e.code >= 300:
						if finals > 0 {
							t.Fatalf("%d after a final response", e.code)
						}
						failures++
						finals++
					case e.code >= 200:
						finals++
					}
				case cancelLeg:
					cancels[e.leg]++
				case armLeg, dropLeg:
				}
			}
		}
		if failures > 1 || slices.Max(cancels) > 1 {
			t.Fatalf("%d failures, cancels %v", failures, cancels)
		}
		if fk.over() && finals == 0 {
			t.Fatal("all branches are over and the caller heard nothing")
		}
	})
}
