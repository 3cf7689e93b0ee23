package ua

import (
	"errors"
	"strings"
	"testing"

	"offhook/ua/call"
)

func dialogInfo(entity, dialogs string) string {
	return `<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="` + entity + `">` + dialogs + `</dialog-info>`
}

// pickingUp lets the Agent ask bob, who has these calls.
func (r *rig) pickingUp(dialogs string) CallID {
	r.t.Helper()
	id := r.agent.Pickup(PickupRequest{Target: r.peer.URI("bob")})
	sub := r.peer.Expect("SUBSCRIBE")
	if sub.Get("Event") != "dialog" {
		r.t.Errorf("%s", sub.Raw)
	}
	leg := r.peer.Leg(sub)
	leg.Reply(sub, 200, "", "Expires: 0")
	leg.Send(leg.Request("NOTIFY", dialogInfo("sip:bob@x", dialogs), "Event: dialog", "Subscription-State: terminated;reason=timeout", "Content-Type: application/dialog-info+xml"))
	return id
}

// RFC 3891, section 1: the caller is called in the place of the phone that rings.
func TestPickup(t *testing.T) {
	r := newRig(t)
	id := r.pickingUp(`<dialog id="1" direction="initiator"><state>early</state></dialog>
		<dialog id="2" call-id="c@1" local-tag="Bob" remote-tag="Carol" direction="recipient"><state>early</state>
		<remote><identity>sip:carol@x</identity><target uri="` + r.peer.URI("carol") + `"/></remote></dialog>`)
	_, inv := r.two("200 NOTIFY", "INVITE")
	if inv.Get("Replaces") != "c@1;to-tag=Carol;from-tag=Bob;early-only" || inv.Get("Require") != "replaces" || !strings.HasPrefix(inv.Start, "INVITE "+r.peer.URI("carol")) {
		t.Errorf("%s", inv.Raw)
	}
	leg := r.peer.Leg(inv)
	leg.Reply(inv, 200, r.sdp())
	r.peer.Expect("ACK")
	if info := r.state(id, call.Confirmed); !info.Focus {
		t.Errorf("%+v", info)
	}
}

func TestPickupFails(t *testing.T) {
	for _, c := range []struct {
		name, dialogs string
		want          error
	}{
		{"no call", "", ErrNothingRings},
		{"answered already", `<dialog id="1" call-id="c" local-tag="b" remote-tag="a" direction="recipient"><state>confirmed</state></dialog>`, ErrNothingRings},
		{"without tags", `<dialog id="1" direction="recipient"><state>early</state></dialog>`, ErrDialogHidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			id := r.pickingUp(c.dialogs)
			r.peer.Expect("200 NOTIFY")
			if info := r.ended(id); !errors.Is(info.Err, c.want) || info.Cause != call.Rejected {
				t.Errorf("%v: %v", info.Cause, info.Err)
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		r := newRig(t)
		id := r.agent.Pickup(PickupRequest{Target: r.peer.URI("bob")})
		sub := r.peer.Expect("SUBSCRIBE")
		r.peer.Reply(sub, 403)
		if info := r.ended(id); info.Err == nil || info.Cause != call.Rejected {
			t.Errorf("%+v", info)
		}
	})
	t.Run("by code", func(t *testing.T) {
		r := newRig(t, withAccount(func(a *Account) { a.Features.Pickup = "*8{}#" }))
		r.agent.Pickup(PickupRequest{Target: "1001"})
		if inv := r.peer.Expect("INVITE"); !strings.HasPrefix(inv.Start, "INVITE sip:*81001%23@") {
			t.Errorf("%s", inv.Start)
		}
	})
}
