package device

import (
	"errors"
	"testing"
)

func TestChoose(t *testing.T) {
	list := []Info{
		{Name: "HDMI", Out: 2}, {Name: "USB Headset", In: 1, Out: 2}, {Name: "default", In: 2, Out: 2, DefaultIn: true, DefaultOut: true},
	}
	for _, tt := range []struct {
		microphone bool
		spec       string
		want       int
	}{
		{true, "", 2}, {false, "", 2}, {true, "headset", 1}, {false, "hdmi", 0}, {true, "tone:440", -1}, {false, "null", -1}, {true, "silence", -1},
	} {
		if got, err := Choose(list, tt.microphone, tt.spec); err != nil || got != tt.want {
			t.Errorf("%v %q: %d, %v; want %d", tt.microphone, tt.spec, got, err, tt.want)
		}
	}
	for _, tt := range []struct {
		list       []Info
		microphone bool
		spec       string
	}{{list, true, "hdmi"}, {list, false, "d"}, {list[:1], true, ""}, {nil, false, ""}} {
		if _, err := Choose(tt.list, tt.microphone, tt.spec); !errors.Is(err, ErrNoDevice) {
			t.Errorf("%v %q of %d: %v", tt.microphone, tt.spec, len(tt.list), err)
		}
	}
	if _, err := Choose(list, true, "tone:loud"); !errors.Is(err, ErrSpec) {
		t.Errorf("%v", err)
	}
}
