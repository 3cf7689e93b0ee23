package dsp

import "testing"

func TestClip(t *testing.T) {
	c := NewClip(8000)
	c.Write(sine(1000, 8000, 800, 32767))
	if c.Clipped() {
		t.Error("a tone that just fits counts as clipped")
	}
	loud := sine(200, 8000, 800, 32767)
	for i, s := range loud {
		loud[i] = clip(2 * float32(s))
	}
	c.Write(loud[:400])
	if !c.Clipped() {
		t.Error("a tone of twice full scale isn't clipped")
	}
	c.Write(make([]int16, 7990))
	if !c.Clipped() {
		t.Error("it was forgotten within a second")
	}
	c.Write(make([]int16, 20))
	if c.Clipped() {
		t.Error("it is remembered for longer than a second")
	}
	// At the edge across two writes.
	c.Write([]int16{0, -32768, -32768})
	c.Write([]int16{-32768, 0})
	if !c.Clipped() {
		t.Error("a clip across two writes was missed")
	}
}
