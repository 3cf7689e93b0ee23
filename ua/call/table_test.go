package call

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// show writes an effect in the shorthand of the tables.
func show(e Effect) string {
	dir := func(hold bool) string {
		if hold {
			return "hold"
		}
		return "talk"
	}
	role := map[SDPRole]string{NoBody: "", WithOffer: "+offer", WithAnswer: "+answer"}
	switch e := e.(type) {
	case SendInvite:
		if e.Late {
			return fmt.Sprintf("INVITE%d:late%s", e.Round, showSession(e.Session))
		}
		return fmt.Sprintf("INVITE%d:%s%s", e.Round, dir(e.Hold), showSession(e.Session))
	case SendPrack:
		return fmt.Sprintf("PRACK/%s:%d%s", e.Tag, e.RSeq, role[e.Role])
	case SendUpdate:
		return fmt.Sprintf("UPDATE/%s%s%s", e.Tag, role[e.Role], showSession(e.Session))
	case AcceptUpdate:
		return fmt.Sprintf("200%s>%d%s", role[e.Role], e.Req, showSession(e.Session))
	case AcceptPrack:
		return fmt.Sprintf("200%s>%d", role[e.Role], e.Req)
	case Reliable:
		return fmt.Sprintf("%d:%d%s>%d", e.Code, e.RSeq, role[e.Role], e.Req)
	case Preview:
		return fmt.Sprintf("183>%d", e.Req)
	case Repeat:
		return "1xxagain"
	case Retry:
		return fmt.Sprintf("retry%d%s", e.Round, showSession(e.Session))
	case Follow:
		return "follow/" + e.Tag
	case ReofferFailed:
		return fmt.Sprintf("reoffer!%d", e.Code)
	case Rollback:
		return "rollback/" + e.Tag
	case Resend:
		return fmt.Sprintf("again%d", e.Round)
	case SendCancel:
		if e.Round > 0 {
			return fmt.Sprintf("CANCEL%d", e.Round)
		}
		return "CANCEL"
	case SendAck:
		return fmt.Sprintf("ACK%d/%s%s", e.Round, e.Tag, role[e.Role])
	case SendBye:
		return "BYE/" + e.Tag
	case SendInfo:
		return "INFO:" + string(e.Digit)
	case Respond:
		return fmt.Sprintf("%d>%d", e.Code, e.Req)
	case Accept:
		return fmt.Sprintf("200%s:%s>%d%s", role[e.Role], dir(e.Hold), e.Req, showSession(e.Session))
	case Reaccept:
		return "200again"
	case Apply:
		if e.Aside {
			return "aside/" + e.Tag
		}
		if e.Early {
			return "early/" + e.Tag
		}
		return "apply/" + e.Tag
	case Establish:
		return "up/" + e.Tag
	case StopMedia:
		return "quiet"
	case SetTimer:
		return fmt.Sprintf("+%v(%v)", e.Timer, e.After)
	case StopTimer:
		return "-" + e.Timer.String()
	case Digit:
		return "heard:" + string(e.Digit)
	case DigitSent:
		return "sent:" + string(e.Digit)
	case DigitsFailed:
		return fmt.Sprintf("digits!%d", e.Code)
	case HoldFailed:
		return fmt.Sprintf("%s!%d", dir(e.On), e.Code)
	case SendRefer:
		return "REFER"
	case Referred:
		return fmt.Sprintf("referred>%d", e.Req)
	case Transferring:
		s := "transfer:" + e.State.String()
		if e.Code != 0 {
			s += fmt.Sprintf("/%d", e.Code)
		}
		return s
	case End:
		s := "end:" + e.Cause.String()
		if e.Code != 0 {
			s += fmt.Sprintf("/%d", e.Code)
		}
		return s
	}
	return fmt.Sprintf("%T", e)
}

// showSession writes a session timer as " 180s uac min 90s".
func showSession(s Session) string {
	if s == (Session{}) {
		return ""
	}
	text := fmt.Sprintf("[%v", s.Expires)
	if s.Refresher != NoSide {
		text += map[Side]string{UAC: " uac", UAS: " uas"}[s.Refresher]
	}
	if s.MinSE != 0 {
		text += fmt.Sprintf(" min %v", s.MinSE)
	}
	return strings.ReplaceAll(text, " ", ",") + "]"
}

func showAll(effects []Effect) string {
	words := make([]string, len(effects))
	for i, e := range effects {
		words[i] = show(e)
	}
	return strings.Join(words, " ")
}

// line is one row of a replay: what happens, and what is to be done.
type line struct {
	in   Input
	want string
}

type replay struct {
	name  string
	cfg   Config
	lines []line
	state State
	hold  Hold
}

var (
	caller = Config{Outgoing: true}
	callee = Config{}
	answer = Body{Kind: UsableSDP, Desc: "sdp"}
	held   = Body{Kind: UsableSDP, Desc: "sdp", Hold: true}
	broken = Body{Kind: Unacceptable}
	errX   = errors.New("x")
)

func r0(code int, tag string, b ...Body) Response { return rn(0, code, tag, b...) }

func rn(round Round, code int, tag string, b ...Body) Response {
	r := Response{Round: round, Code: code, Tag: tag}
	if len(b) > 0 {
		r.Body = b[0]
	}
	return r
}

func run(t *testing.T, tests []replay) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := New(tt.cfg)
			now := time.Unix(0, 0)
			for i, l := range tt.lines {
				got := showAll(m.Step(now, l.in, nil))
				if got != l.want {
					t.Fatalf("line %d, %T%+v:\n got %q\nwant %q", i+1, l.in, l.in, got, l.want)
				}
			}
			if m.State() != tt.state {
				t.Errorf("state %v, want %v", m.State(), tt.state)
			}
			if m.Hold() != tt.hold {
				t.Errorf("hold %+v, want %+v", m.Hold(), tt.hold)
			}
		})
	}
}

// begin makes lines that all start alike.
func begin(head []line, tail ...line) []line { return append(append([]line(nil), head...), tail...) }

var (
	calling = []line{{Ready{}, "INVITE0:talk +ring(2m0s)"}}
	ringing = begin(calling, line{r0(180, "a"), ""})
	calleds = begin(ringing, line{r0(200, "a", answer), "-ring up/a apply/a ACK0/a"})
	rung    = []line{{RemoteInvite{Req: 1, Body: answer}, "180>1 +ring(2m0s)"}, {Ready{}, ""}}
	took    = begin(rung, line{Answer{}, "-ring 200+answer:talk>1 +answer(500ms) +ack(32s)"})
	upped   = begin(took, line{RemoteAck{}, "-answer -ack"})
)
