package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/call"
)

// transferFlags send the peer of a scripted call elsewhere.
type transferFlags struct {
	to    string
	after time.Duration
}

func (f *transferFlags) addTo(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.to, "transfer", "", "send the peer to `URI` after the answer; the run ends when it is told how that went")
	s.DurationVar(&f.after, "transfer-after", 0, "transfer `TIME` after the answer, not at once")
	inGroup(cmd.Flags(), "parties", "transfer", "transfer-after")
}

// callTransferFlags are those of `offhook call`.
type callTransferFlags struct {
	transferFlags
	attended string
	park     bool
	retrieve bool
	pickup   bool
}

func (f *callTransferFlags) addTo(cmd *cobra.Command) {
	f.transferFlags.addTo(cmd)
	s := cmd.Flags()
	s.StringVar(&f.attended, "transfer-attended", "", "call `URI` after the answer, and when it answers too, connect the two")
	s.BoolVar(&f.park, "park", false, "hand the call to the PBX's parking after the answer (the account's park_code)")
	s.BoolVar(&f.retrieve, "retrieve", false, "take back the call parked at TARGET (the account's retrieve_code)")
	s.BoolVar(&f.pickup, "pickup", false, "take the call that rings at TARGET")
	inGroup(cmd.Flags(), "parties", "transfer-attended", "park", "retrieve", "pickup")
	cmd.MarkFlagsMutuallyExclusive("transfer", "transfer-attended", "park")
	cmd.MarkFlagsMutuallyExclusive("retrieve", "pickup")
}

// wanted says that the peer is to be sent elsewhere.
func (f *callTransferFlags) wanted() bool { return f.to != "" || f.attended != "" || f.park }

func (f *callTransferFlags) check() error {
	if f.after > 0 && !f.wanted() {
		return failf(exitUsage, "--transfer-after needs --transfer, --transfer-attended or --park")
	}
	return nil
}

// referFlags are the account's policy for a peer that sends us elsewhere.
func (f *accountFlags) referFlags() {
	f.text("refer", "`POLICY` when a peer transfers us: accept, called (only those whom we called), ask (refuses where there is no screen) or refuse",
		func(a *config.Account) *string { return &a.Refer })
}

// transfers puts into an account what the configuration says of transfers.
func transfers(c config.Account, out *ua.Account) error {
	switch c.Refer {
	case "ask", "refuse":
		out.Refer = ua.ReferRefuse // where nobody is there to ask
	case "accept":
		out.Refer = ua.ReferAccept
	default:
		out.Refer = ua.ReferCalled
	}
	out.Features = ua.Features{Park: c.ParkCode, Retrieve: c.RetrieveCode, Pickup: c.PickupCode}
	return nil
}

// askTransfers lets the person at the screen decide, unless the configuration has.
func askTransfers(out *ua.Account, c config.Account) {
	if c.Refer == "" || c.Refer == "ask" {
		out.Refer = ua.ReferAsk
	}
}

// transferEvent tells how a transfer goes, as the one who transfers or who is transferred.
type transferEvent struct {
	callHead
	State  string `json:"state"`
	Role   string `json:"role"`
	Target string `json:"target"`
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	Error  string `json:"error,omitempty"`
	// With is the other call of ours that takes part.
	With uint64 `json:"with,omitempty"`
}

func transferOf(e ua.TransferChanged) transferEvent {
	t := e.Call.Transfer
	return transferEvent{
		callHead: callHeadOf(e.Meta, "transfer", e.Call), State: t.State.String(), Role: t.Role.String(), Target: t.Target,
		Code: t.Code, Reason: t.Reason, Error: message(t.Err), With: uint64(t.Call),
	}
}

// transferLine says it for a person.
func transferLine(c ua.CallInfo) string {
	t := c.Transfer
	said := ""
	if t.Code != 0 {
		said = fmt.Sprintf(" (%d %s)", t.Code, t.Reason)
	}
	if t.Role == ua.Transferee {
		switch t.State {
		case call.TransferAsked:
			return fmt.Sprintf("call %d: %s asks us to call %s instead", c.ID, c.RemoteURI, t.Target)
		case call.TransferAccepted:
			return fmt.Sprintf("call %d: calling %s instead, as call %d", c.ID, t.Target, t.Call)
		case call.TransferDone:
			return fmt.Sprintf("call %d: transferred to %s", c.ID, t.Target)
		case call.TransferFailed:
			return fmt.Sprintf("call %d: wasn't transferred to %s: %v", c.ID, t.Target, t.Err)
		case call.TransferNone, call.TransferHolding, call.TransferUnknown:
		}
		return ""
	}
	switch t.State {
	case call.TransferHolding:
		return fmt.Sprintf("call %d: transferring to %s", c.ID, t.Target)
	case call.TransferAsked:
		return fmt.Sprintf("call %d: asking the other side to call %s", c.ID, t.Target)
	case call.TransferAccepted:
		return fmt.Sprintf("call %d: the other side is calling %s%s", c.ID, t.Target, said)
	case call.TransferDone:
		return fmt.Sprintf("call %d: the other side talks to %s now%s", c.ID, t.Target, said)
	case call.TransferFailed:
		return fmt.Sprintf("call %d: the transfer to %s failed: %v", c.ID, t.Target, t.Err)
	case call.TransferUnknown:
		return fmt.Sprintf("call %d: the other side left for %s, and didn't say how it went", c.ID, t.Target)
	case call.TransferNone:
	}
	return ""
}

// transferResult is the exit code of a transfer of ours that is over.
func transferResult(c ua.CallInfo) error {
	t := c.Transfer
	if t.State != call.TransferFailed {
		return nil
	}
	cause, _ := ua.CauseOf(t.Err)
	code := causeCode(cause)
	if code == exitOK {
		code = exitTimeout // the call was over before the other side could be asked
	}
	return failf(code, "the transfer to %s failed: %w", t.Target, t.Err)
}
