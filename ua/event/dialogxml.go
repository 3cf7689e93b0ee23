package event

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The document, as RFC 4235, section 4.4 gives its schema.
type (
	dialogInfoXML struct {
		XMLName xml.Name    `xml:"dialog-info"`
		NS      string      `xml:"xmlns,attr"`
		Version uint64      `xml:"version,attr"`
		State   string      `xml:"state,attr"`
		Entity  string      `xml:"entity,attr"`
		Dialogs []dialogXML `xml:"dialog"`
	}
	dialogXML struct {
		ID        string         `xml:"id,attr"`
		CallID    string         `xml:"call-id,attr,omitempty"`
		LocalTag  string         `xml:"local-tag,attr,omitempty"`
		RemoteTag string         `xml:"remote-tag,attr,omitempty"`
		Direction string         `xml:"direction,attr,omitempty"`
		State     dialogStateXML `xml:"state"`
		Duration  uint64         `xml:"duration,omitempty"`
		Local     *partyXML      `xml:"local"`
		Remote    *partyXML      `xml:"remote"`
	}
	dialogStateXML struct {
		Event string `xml:"event,attr,omitempty"`
		Code  string `xml:"code,attr,omitempty"`
		Name  string `xml:",chardata"`
	}
	partyXML struct {
		Identity *identityXML `xml:"identity"`
		Target   *targetXML   `xml:"target"`
	}
	identityXML struct {
		Display string `xml:"display,attr,omitempty"`
		URI     string `xml:",chardata"`
	}
	targetXML struct {
		URI    string     `xml:"uri,attr"`
		Params []paramXML `xml:"param"`
	}
	paramXML struct {
		Name  string `xml:"pname,attr"`
		Value string `xml:"pval,attr"`
	}
)

// ParseDialogInfo reads application/dialog-info+xml.
func ParseDialogInfo(body []byte) (DialogInfo, error) {
	var x dialogInfoXML
	if err := unmarshal(body, "dialog-info", &x); err != nil {
		return DialogInfo{}, err
	}
	d := DialogInfo{Entity: uri(x.Entity), Version: x.Version}
	switch strings.ToLower(x.State) {
	case "full", "":
	case "partial":
		d.Partial = true
	default:
		return DialogInfo{}, fmt.Errorf("%w: its state is %q, neither full nor partial", ErrBody, clip(x.State))
	}
	for _, c := range x.Dialogs {
		if len(d.Dialogs) == maxDialogs {
			break
		}
		one, err := c.dialog()
		if err != nil {
			return DialogInfo{}, err
		}
		d.Dialogs = append(d.Dialogs, one)
	}
	return d, nil
}

func (x dialogXML) dialog() (Dialog, error) {
	state := slices.Index(dialogStates[:], strings.ToLower(strings.TrimSpace(x.State.Name)))
	if state < 0 {
		return Dialog{}, fmt.Errorf("%w: a dialog's state is %q", ErrBody, clip(x.State.Name))
	}
	d := Dialog{
		ID: token(x.ID), CallID: token(x.CallID), LocalTag: token(x.LocalTag), RemoteTag: token(x.RemoteTag),
		State: DialogState(state), Event: token(x.State.Event), Duration: time.Duration(min(x.Duration, 1<<31)) * time.Second,
	}
	switch strings.ToLower(x.Direction) {
	case "initiator":
		d.Direction = Initiator
	case "recipient":
		d.Direction = Recipient
	}
	if n, err := fmt.Sscanf(x.State.Code, "%3d", &d.Code); n != 1 || err != nil || d.Code < 100 || d.Code > 699 {
		d.Code = 0
	}
	d.Local, d.Held = x.Local.party()
	d.Remote, _ = x.Remote.party()
	return d, nil
}

// party reads one end; held is its +sip.rendering=no (RFC 4235, section 5.2).
func (x *partyXML) party() (p Party, held bool) {
	if x == nil {
		return p, false
	}
	if x.Identity != nil {
		p.Identity, p.Display = uri(x.Identity.URI), name(x.Identity.Display)
	}
	if x.Target != nil {
		p.Target = uri(x.Target.URI)
		for _, param := range x.Target.Params {
			if strings.EqualFold(param.Name, "+sip.rendering") && strings.EqualFold(param.Value, "no") {
				held = true
			}
		}
	}
	return p, held
}

// Format writes the document.
func (d DialogInfo) Format() []byte {
	x := dialogInfoXML{NS: "urn:ietf:params:xml:ns:dialog-info", Version: d.Version, State: "full", Entity: d.Entity}
	if d.Partial {
		x.State = "partial"
	}
	for _, c := range d.Dialogs {
		one := dialogXML{
			ID: c.ID, CallID: c.CallID, LocalTag: c.LocalTag, RemoteTag: c.RemoteTag, Direction: c.Direction.String(),
			State: dialogStateXML{Event: c.Event, Name: c.State.String()}, Duration: uint64(c.Duration / time.Second),
			Local: formatParty(c.Local, c.Held), Remote: formatParty(c.Remote, false),
		}
		if c.Code != 0 {
			one.State.Code = fmt.Sprint(c.Code)
		}
		x.Dialogs = append(x.Dialogs, one)
	}
	return document(x)
}

func formatParty(p Party, held bool) *partyXML {
	if p == (Party{}) && !held {
		return nil
	}
	x := &partyXML{}
	if p.Identity != "" || p.Display != "" {
		x.Identity = &identityXML{Display: p.Display, URI: p.Identity}
	}
	if p.Target != "" || held {
		x.Target = &targetXML{URI: p.Target}
		if held {
			x.Target.Params = []paramXML{{"+sip.rendering", "no"}}
		}
	}
	return x
}
