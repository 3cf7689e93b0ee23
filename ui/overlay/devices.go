package overlay

import (
	"strings"

	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// Sound is which devices are in use, each named as in the configuration; empty is the
// system's choice, and for ringing the ear.
type Sound struct{ Microphone, Ear, Ring string }

// Use is what a device may be used for.
type Use uint8

const (
	Microphone Use = iota
	Ear
	Ring
	uses
)

// of is the device for a use.
func (s *Sound) of(u Use) *string {
	switch u {
	case Microphone:
		return &s.Microphone
	case Ear:
		return &s.Ear
	case Ring, uses:
	}
	return &s.Ring
}

func (u Use) label() string {
	switch u {
	case Microphone:
		return "Microphone"
	case Ear:
		return "Ear"
	case Ring:
		return "Ringing"
	case uses:
	}
	return ""
}

// Device is a sound device that can be chosen.
type Device struct {
	Name    string
	In, Out bool
	// DefaultIn and DefaultOut mark the system's choices.
	DefaultIn, DefaultOut bool
	// Used says what it is used for, by Use.
	Used [uses]bool
}

// deviceRow is a choice: a device for a use.
type deviceRow struct {
	use    Use
	spec   string // as in the configuration
	label  string
	chosen bool
	first  bool // of its use
}

// Devices chooses the microphone, the ear and what rings, also in a call.
type Devices struct {
	List
	Sound Sound
	Found []Device
	Err   error
	// Looking says that the devices are being listed.
	Looking bool
}

// Context says whose keys these are.
func (*Devices) Context() keys.Context { return keys.InDevices }

// Line is what is typed into.
func (o *Devices) Line() *pane.Line { return &o.Query }

// rows are the choices that the search leaves.
func (o *Devices) rows() []deviceRow {
	var out []deviceRow
	for u := Microphone; u < uses; u++ {
		all := o.choices(u)
		first := true
		for _, r := range all {
			if !strings.Contains(strings.ToLower(u.label()+" "+r.label), strings.ToLower(strings.TrimSpace(o.Query.Text()))) {
				continue
			}
			r.first, first = first, false
			out = append(out, r)
		}
	}
	return out
}

// choices are those for one use: the usual one, each device, and what is in use though
// it isn't in the list, as a file or a headset that was unplugged.
func (o *Devices) choices(u Use) []deviceRow {
	now := *o.Sound.of(u)
	usual := deviceRow{use: u, label: "the system’s choice", chosen: now == ""}
	if u == Ring {
		usual.label = "where the ear is"
	}
	out := []deviceRow{usual}
	matched := now == ""
	for _, d := range o.Found {
		there, def := d.Out, d.DefaultOut
		if u == Microphone {
			there, def = d.In, d.DefaultIn
		}
		if !there {
			continue
		}
		if def && u != Ring {
			out[0].label = "the system’s choice (" + d.Name + ")"
		}
		r := deviceRow{use: u, spec: d.Name, label: d.Name, chosen: now != "" && d.Used[u]}
		matched = matched || r.chosen
		out = append(out, r)
	}
	if !matched {
		label := now
		if words.Card(now) && !o.Looking {
			label += " (isn’t there)"
		}
		out = append(out, deviceRow{use: u, spec: now, label: label, chosen: true})
	}
	return out
}

// Choose is what would be in use with the selected row.
func (o *Devices) Choose() (Sound, bool) {
	rows := o.rows()
	i := o.Selected(len(rows))
	if i < 0 {
		return o.Sound, false
	}
	s := o.Sound
	*s.of(rows[i].use) = rows[i].spec
	return s, true
}

// DevicesView draws Devices.
type DevicesView struct {
	*Devices
	Facts keys.Facts
}

// Render draws the box in at most width by height cells.
func (v DevicesView) Render(width, height int) string {
	th, rows := v.Theme, v.rows()
	if v.Note == "" {
		switch {
		case v.Err != nil:
			v.Note = v.Err.Error()
			defer func() { v.Note = "" }()
		case v.Looking && len(v.Found) == 0:
			v.Note = "Looking for devices…"
			defer func() { v.Note = "" }()
		case len(v.Found) == 0:
			v.Note = "No sound device is here; silence, files and tones work without one."
			defer func() { v.Note = "" }()
		}
	}
	return v.List.render(listView{
		title: "Sound devices", placeholder: "search", n: len(rows), empty: "No device matches.",
		ctx: keys.InDevices, facts: v.Facts,
		row: func(i int, selected bool, w int) string {
			r := rows[i]
			use := ""
			if r.first || i == v.offset {
				use = r.use.label()
			}
			mark, style := th.Dim.Render(th.Glyphs.Off), th.Text
			if r.chosen {
				mark = th.Good.Render(th.Glyphs.On)
			}
			if selected {
				style = th.Strong
			}
			return th.Dim.Render(cell.Fit(use, 12, "")) + mark + " " + style.Render(cell.Trunc(th.Say(r.label), max(w-14, 1), th.Glyphs.Ellipsis))
		},
	}, width, height)
}
