package ua

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/rules"
	"offhook/ua/uatest"
)

func withPolicy(f func(*Policy)) option { return func(c *Config) { f(&c.Policy) } }

func withRules(t *testing.T, specs ...rules.Spec) option {
	t.Helper()
	list, err := rules.Compile(rules.Incoming, specs)
	if err != nil {
		t.Fatal(err)
	}
	return withPolicy(func(p *Policy) { p.Incoming = list })
}

// invite sends an INVITE and gives the final response, which the peer confirms.
func (r *rig) invite(want string, headers ...string) (*uatest.Message, *uatest.Leg) {
	r.t.Helper()
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp(), headers...))
	if strings.HasPrefix(want, "200") {
		r.peer.Expect("180 INVITE")
	}
	res := r.peer.Expect(want)
	if res.Code() >= 300 {
		leg.Send(leg.Ack(leg.Seq, ""))
	}
	return res, leg
}

func (r *rig) refused() CallRefused {
	r.t.Helper()
	return next(r, func(CallRefused) bool { return true })
}

// Do-not-disturb is 480 (RFC 3261, section 21.4.18), and can be switched while the
// phone runs.
func TestDoNotDisturb(t *testing.T) {
	r := newRig(t)
	r.agent.SetPolicy(Policy{DND: true})
	if e := next(r, func(PolicyChanged) bool { return true }); !e.Policy.DND {
		t.Fatalf("the event says %+v", e.Policy)
	}
	r.invite("480 INVITE")
	if e := r.refused(); e.Why != RefusedDND || e.Code != 480 || e.Name != "Peer" || e.Count != 1 || e.Account != "me" {
		t.Errorf("told %+v", e)
	}
	if n := len(r.agent.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
	p := r.agent.Policy()
	p.DND = false
	r.agent.SetPolicy(p)
	r.ringing(r.sdp())
}

func TestSetPolicyRefusesNonsense(t *testing.T) {
	r := newRig(t)
	r.agent.SetPolicy(Policy{Forward: Forward{Always: "sip:"}})
	if e := r.failed("policy"); !strings.Contains(e.Err.Error(), "forwarded always") {
		t.Errorf("told %v", e.Err)
	}
	r.agent.SetPolicy(Policy{AutoAnswerFrom: []string{"/("}})
	r.failed("policy")
	r.ringing(r.sdp()) // the old policy is in force
}

// Forwarding is a 302 that says where to and why (RFC 3261, section 21.3.3; RFC 5806).
func TestForward(t *testing.T) {
	for _, test := range []struct {
		name   string
		policy Forward
		full   bool
		reason string
		why    Refusal
	}{
		{"always", Forward{Always: "sip:bob@example.com;transport=tcp"}, false, "unconditional", RefusedForwarded},
		{"busy", Forward{Busy: "sip:bob@example.com;transport=tcp"}, true, "user-busy", RefusedForwarded},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, withPolicy(func(p *Policy) { p.Forward = test.policy }), func(c *Config) { c.MaxCalls = 1 })
			if test.full {
				r.ringing(r.sdp())
			}
			res, _ := r.invite("302 INVITE", "Diversion: <sip:first@example.org>;reason=no-answer")
			if got := res.Get("Contact"); got != "<sip:bob@example.com;transport=tcp>" {
				t.Errorf("Contact %s", got)
			}
			d := res.All("Diversion")
			if len(d) != 2 || !strings.HasPrefix(d[0], "<sip:alice@") || !strings.Contains(d[0], ";reason="+test.reason+";counter=1") ||
				!strings.HasPrefix(d[1], "<sip:first@example.org>") {
				t.Errorf("Diversion %q", d)
			}
			if h := res.All("History-Info"); len(h) != 0 {
				t.Errorf("History-Info %q for a caller that didn't ask", h)
			}
			if e := r.refused(); e.Why != test.why || e.Code != 302 || e.Target != "sip:bob@example.com" {
				t.Errorf("told %+v", e)
			}
		})
	}
}

// Who understands History-Info gets it: what came, an entry for us, and the Contact
// that names it (RFC 7044, sections 5 and 10).
func TestForwardWithHistory(t *testing.T) {
	r := newRig(t, withPolicy(func(p *Policy) { p.Forward.Always = "bob" }))
	res, _ := r.invite("302 INVITE", "Supported: histinfo", "History-Info: <sip:old@example.org>;index=1")
	h := res.All("History-Info")
	if len(h) != 2 || h[0] != "<sip:old@example.org>;index=1" || !strings.HasPrefix(h[1], "<sip:alice@") || !strings.HasSuffix(h[1], ">;index=1.1") {
		t.Errorf("History-Info %q", h)
	}
	if c := res.Get("Contact"); !strings.HasPrefix(c, "<sip:bob@127.0.0.1") || !strings.HasSuffix(c, ">;mp=1.1") {
		t.Errorf("Contact %s", c)
	}
}

// Two phones that forward to each other come to an end.
func TestForwardEndsALoop(t *testing.T) {
	r := newRig(t, withPolicy(func(p *Policy) { p.Forward.Always = "bob" }))
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp(), "Diversion: <sip:a@x>;reason=unknown;counter=5", "Diversion: <sip:b@x>;counter=3"))
	r.peer.Expect("180 INVITE")
	// And nobody forwards to themselves.
	self := newRig(t, withPolicy(func(p *Policy) { p.Forward.Always = "alice" }))
	self.invite("480 INVITE")
}

func TestForwardWithoutAnswer(t *testing.T) {
	r := newRig(t, withPolicy(func(p *Policy) { p.Forward = Forward{NoAnswer: "sip:vm@example.com", After: 20 * time.Millisecond} }))
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp()))
	r.peer.Expect("180 INVITE")
	res := r.peer.Expect("302 INVITE")
	leg.Send(leg.Ack(leg.Seq, ""))
	if !strings.Contains(res.Get("Diversion"), "reason=no-answer") || res.Get("Contact") != "<sip:vm@example.com>" {
		t.Errorf("got\n%s", res.Raw)
	}
	if info := r.ended(0); info.ForwardedTo != "sip:vm@example.com" || info.Cause != call.Declined || info.Code != 302 {
		t.Errorf("ended %+v", info)
	}
	// An answered call stays.
	id, leg := r.ringing(r.sdp())
	r.agent.Answer(id)
	leg.Learn(r.peer.Expect("200 INVITE"))
	leg.Send(leg.Ack(leg.Seq, ""))
	r.state(id, call.Confirmed)
}

// A person sends a ringing call on.
func TestRedirect(t *testing.T) {
	r := newRig(t)
	id, leg := r.ringing(r.sdp())
	r.agent.Redirect(id, "sip:")
	r.failed("redirect")
	r.agent.Redirect(id, "carol")
	res := r.peer.Expect("302 INVITE")
	leg.Send(leg.Ack(leg.Seq, ""))
	if !strings.Contains(res.Get("Contact"), "sip:carol@") || !strings.Contains(res.Get("Diversion"), "reason=deflection") {
		t.Errorf("got\n%s", res.Raw)
	}
	if info := r.ended(id); !strings.HasPrefix(info.ForwardedTo, "sip:carol@") {
		t.Errorf("ended %+v", info)
	}
	r.agent.Redirect(id, "carol")
	r.failed("redirect")
}

// The rule's word counts before do-not-disturb and forwarding.
func TestIncomingRules(t *testing.T) {
	r := newRig(t,
		withRules(t,
			rules.Spec{Name: "friend", Header: []string{"X-Friend"}, Action: "ring", RingName: "urgent"},
			rules.Spec{Name: "spam", Caller: []string{"name:peer"}, Header: []string{"Subject: *sale*"}, Action: "reject", Code: 603, Reason: "No Thanks"},
			rules.Spec{Name: "move", Header: []string{"X-Move"}, Action: "forward", Target: "sip:desk@example.com"}),
		withPolicy(func(p *Policy) { p.DND = true }))
	res, _ := r.invite("603 INVITE", "Subject: big sale")
	if !strings.Contains(res.Start, "603 No Thanks") {
		t.Errorf("got %s", res.Start)
	}
	if e := r.refused(); e.Why != RefusedRule || e.Rule != "spam" {
		t.Errorf("told %+v", e)
	}
	r.invite("302 INVITE", "X-Move: 1")
	r.invite("480 INVITE")
	id, _ := r.ringing(r.sdp(), "X-Friend: yes")
	r.settle()
	c := r.agent.Calls()[0]
	if c.ID != id || c.Decision.Rule != "friend" || c.Ring != "urgent" {
		t.Errorf("call %+v", c)
	}
	if _, rings := r.media.toneAndRing(); !slices.Equal(rings, []string{"urgent"}) {
		t.Errorf("rings %q", rings)
	}
}

// A silenced call shows, and is not heard.
func TestSilencedCall(t *testing.T) {
	r := newRig(t, withRules(t, rules.Spec{Action: "silence"}))
	r.ringing(r.sdp())
	r.settle()
	if tones, _ := r.media.toneAndRing(); len(tones) != 0 {
		t.Errorf("tones %v", tones)
	}
	// The next call rings aloud.
	r.agent.SetPolicy(Policy{})
	r.ringing(r.sdp())
	r.settle()
	if r.media.lastTone() != audio.ToneRinging {
		t.Errorf("tone %v", r.media.lastTone())
	}
}

// Each spelling of the field is understood, under a policy that grants it, and a
// warning is heard.
func TestAutoAnswer(t *testing.T) {
	for _, header := range []string{
		"Answer-Mode: Auto", "Priv-Answer-Mode: auto;require", "Call-Info: <sip:pbx>;answer-after=0", "Call-Info: answer-after=0",
		"Alert-Info: <http://x/y>;info=alert-autoanswer;delay=0", "Alert-Info: info=alert-autoanswer", "Alert-Info: Auto Answer",
		"Alert-Info: Ring Answer", "Alert-Info: <sip:x>;intercom=true", "Alert-Info: ;answer-after=0", "P-Auto-Answer: normal",
	} {
		t.Run(header, func(t *testing.T) {
			r := newRig(t, withPolicy(func(p *Policy) { p.AutoAnswer = AutoAnswerAll }))
			res, leg := r.invite("200 INVITE", header)
			leg.Learn(res)
			leg.Send(leg.Ack(leg.Seq, ""))
			info := r.state(0, call.Confirmed)
			if !info.AutoAnswered || !info.Focus || info.Decision.Did == "" {
				t.Errorf("call %+v", info)
			}
			want := ""
			if strings.Contains(header, "Answer-Mode") {
				want = "Auto" // RFC 5373, section 4.3
			}
			if got := res.Get("Answer-Mode"); got != want {
				t.Errorf("Answer-Mode %q, want %q", got, want)
			}
			if tones, _ := r.media.toneAndRing(); len(tones) == 0 || tones[0] != audio.ToneWarning {
				t.Errorf("the warning isn't the first of the tones %v", tones)
			}
		})
	}
}

// What isn't granted rings; a caller that takes no other answer is refused (RFC 5373,
// section 4.3).
func TestAutoAnswerNotGranted(t *testing.T) {
	r := newRig(t)
	res, _ := r.invite("403 INVITE", "Answer-Mode: Auto;require")
	if res.Code() != 403 {
		t.Errorf("got %s", res.Start)
	}
	id, leg := r.ringing(r.sdp(), "Answer-Mode: Auto", "Call-Info: <sip:x>;answer-after=0")
	r.agent.Answer(id)
	ok := r.peer.Expect("200 INVITE")
	if ok.Get("Answer-Mode") != "Manual" {
		t.Errorf("Answer-Mode %q", ok.Get("Answer-Mode"))
	}
	leg.Learn(ok)
	leg.Send(leg.Ack(leg.Seq, ""))
	r.state(id, call.Confirmed)
	// While somebody talks, nobody is put through.
	r.agent.SetPolicy(Policy{AutoAnswer: AutoAnswerAll})
	second, _ := r.ringing(r.sdp(), "Call-Info: <sip:x>;answer-after=0")
	r.settle()
	for _, c := range r.agent.Calls() {
		if c.ID == second && (c.State != call.Incoming || c.AutoAnswered) {
			t.Errorf("second call %+v", c)
		}
		if c.ID == id && c.Hold.Desired {
			t.Error("the first call was put on hold")
		}
	}
}

func TestAutoAnswerOfListed(t *testing.T) {
	r := newRig(t, withPolicy(func(p *Policy) { p.AutoAnswer, p.AutoAnswerFrom = AutoAnswerListed, []string{"boss"} }))
	id, leg := r.ringing(r.sdp(), "Answer-Mode: Auto")
	r.agent.Reject(id, 0, "")
	r.peer.Expect("486 INVITE")
	leg.Send(leg.Ack(leg.Seq, ""))
	r.agent.SetPolicy(Policy{AutoAnswer: AutoAnswerListed, AutoAnswerFrom: []string{"p??r"}})
	r.invite("200 INVITE", "Answer-Mode: Auto")
}

// A rule answers after a while, whether the caller asks for it or not.
func TestRuleAnswers(t *testing.T) {
	r := newRig(t, withRules(t, rules.Spec{Name: "door", Action: "answer", After: 10 * time.Millisecond}))
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp()))
	r.peer.Expect("180 INVITE")
	leg.Learn(r.peer.Expect("200 INVITE"))
	leg.Send(leg.Ack(leg.Seq, ""))
	if info := r.state(0, call.Confirmed); !info.AutoAnswered || info.Decision.Rule != "door" {
		t.Errorf("call %+v", info)
	}
}

func TestRingOfAlertInfo(t *testing.T) {
	p, err := newPolicy(Policy{Rings: []RingFor{{Alert: []string{"*vip*"}, Ring: "urgent"}, {Alert: []string{"Bellcore-dr5"}, Ring: "mine"}}})
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{
		"<http://127.0.0.1/Bellcore-dr1>":       "bellcore-dr1",
		"Bellcore-dr2":                          "bellcore-dr2",
		"<Bellcore-dr3>":                        "bellcore-dr3",
		"<file://Bellcore-dr4.wav>":             "bellcore-dr4",
		"<file:///etc/rings/Bellcore-DR4.wav>":  "bellcore-dr4",
		"Bellcore-dr5":                          "mine",
		"<http://x>;info=alert-internal":        "internal",
		"<http://x/>; info=alert-external;x=1":  "external",
		";info=alert-group":                     "group",
		"info=alert-group":                      "group",
		"<urn:alert:source:external>":           "external",
		"<urn:alert:priority:high>":             "urgent",
		"<http://x/vip-customers.wav>":          "urgent",
		"<http://127.0.0.1>":                    "",
		"<file:///etc/passwd>":                  "",
		"<http://x/y>;info=":                    "",
		"":                                      "",
		"<sip:x;info=alert-group>;volume=5;a;;": "",
	} {
		if got, why := p.ringFor([]rules.Header{{Name: "Alert-Info", Value: value}}); got != want || why == "" {
			t.Errorf("%q: ring %q (%s), want %q", value, got, why, want)
		}
	}
}

// Distinctive ring reaches the media plane and the event.
func TestDistinctiveRing(t *testing.T) {
	r := newRig(t)
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp(), "Alert-Info: <http://pbx/Bellcore-dr2>"))
	r.peer.Expect("180 INVITE")
	if info := r.state(0, call.Incoming); info.Ring != "bellcore-dr2" {
		t.Errorf("ring %q", info.Ring)
	}
	r.settle()
	if tones, rings := r.media.toneAndRing(); !slices.Equal(rings, []string{"bellcore-dr2"}) || !slices.Equal(tones, []audio.Tone{audio.ToneRinging}) {
		t.Errorf("tones %v, rings %q", tones, rings)
	}
}

// Outgoing rules choose the number, the account and headers, or keep a call from being made.
func TestOutgoingRules(t *testing.T) {
	list, err := rules.Compile(rules.Outgoing, []rules.Spec{
		{Name: "premium", Callee: []string{"0900*"}, Action: "reject"},
		{Name: "country", Callee: []string{"0*"}, Rewrite: rules.Rewrite{CountryCode: "49"}, UseAccount: "trunk", Headers: []string{"X-Route: 7"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, withPolicy(func(p *Policy) { p.Outgoing = list }), func(c *Config) {
		trunk := c.Accounts[0]
		trunk.Name, trunk.AOR = "trunk", strings.Replace(trunk.AOR, "alice", "company", 1)
		c.Accounts = append(c.Accounts, trunk)
	})
	id := r.agent.Dial(DialRequest{Target: "0900 123456"})
	if info := r.ended(id); info.Err == nil || !strings.Contains(info.Err.Error(), "premium") || info.Decision.Rule != "premium" {
		t.Errorf("ended %+v", info)
	}
	id = r.agent.Dial(DialRequest{Target: "030-123456"})
	inv := r.peer.Expect("INVITE")
	if !strings.HasPrefix(inv.URI(), "sip:+4930123456@127.0.0.1") || !strings.Contains(inv.Get("From"), "sip:company@") || inv.Get("X-Route") != "7" {
		t.Errorf("INVITE\n%s", inv.Raw)
	}
	r.peer.Leg(inv).Reply(inv, 486, "")
	r.peer.Expect("ACK")
	if info := r.ended(id); info.Account != "trunk" || info.Decision.Rule != "country" {
		t.Errorf("ended %+v", info)
	}
	// A rule may see the domain of what was dialled, which stays.
	r.agent.Dial(DialRequest{Target: "sip:0301@" + r.peer.Addr().String() + ";x=1"})
	if inv := r.peer.Expect("INVITE"); inv.URI() != "sip:0301@"+r.peer.Addr().String()+";x=1" {
		t.Errorf("dialled %s", inv.URI())
	}
}

// FuzzPolicyHeaders checks that no header panics policy, and that a delay that is
// granted is one that a person would wait for.
func FuzzPolicyHeaders(f *testing.F) {
	for _, s := range []string{"<http://x/Bellcore-dr1>;info=a", "Auto;require", "<sip:x>;answer-after=5", "info=alert-autoanswer;delay=1e9", "<urn:alert:a>", ";;=;", "<%zz>"} {
		f.Add(s)
	}
	p, err := newPolicy(Policy{AutoAnswer: AutoAnswerAll})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, name := range []string{"Alert-Info", "Call-Info", "Answer-Mode", "Priv-Answer-Mode", "P-Auto-Answer"} {
			facts := CallFacts{Facts: rules.Facts{Headers: []rules.Header{{Name: name, Value: value}}}, Alone: true}
			plan := p.incoming(facts)
			if plan.After < 0 || plan.After > maxAnswerAfter {
				t.Fatalf("answers after %s", plan.After)
			}
			if plan.Outcome != PlanRing && plan.Outcome != PlanAnswer {
				t.Fatalf("outcome %v", plan.Outcome)
			}
		}
	})
}

// A call can't be sent on to where it came: the log says so in words.
func TestForwardToOneself(t *testing.T) {
	log := &lockedBuffer{}
	r := newRig(t, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(log, nil))
		c.Policy.Forward.Always = "alice"
	})
	r.invite("480 INVITE")
	if e := r.refused(); e.Why != RefusedRule || e.Code != 480 || e.Target != "" {
		t.Errorf("told %+v", e)
	}
	if got := log.String(); !strings.Contains(got, "it leads back to the account that was called") {
		t.Errorf("logged %s", got)
	}
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
