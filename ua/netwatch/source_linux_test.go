package netwatch

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

func message(kind uint16, body int) []byte {
	b := make([]byte, unix.SizeofNlMsghdr+body)
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], kind)
	return b
}

func TestConcerns(t *testing.T) {
	neighbour := message(unix.RTM_NEWNEIGH, 8)
	for name, c := range map[string]struct {
		in   []byte
		want bool
	}{
		"nothing":           {nil, false},
		"an address":        {message(unix.RTM_NEWADDR, 4), true},
		"a neighbour":       {neighbour, false},
		"behind another":    {append(neighbour[:len(neighbour):len(neighbour)], message(unix.RTM_DELROUTE, 0)...), true},
		"cut":               {message(unix.RTM_NEWADDR, 0)[:10], false},
		"a length too long": {append([]byte{255, 0, 0, 0}, neighbour[4:]...), false},
		"a length of none":  {append([]byte{0, 0, 0, 0}, neighbour[4:]...), false},
	} {
		if got := concerns(c.in); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzConcerns(f *testing.F) {
	f.Add(message(unix.RTM_NEWADDR, 4))
	f.Add(message(unix.RTM_NEWNEIGH, 7))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0, 0})
	f.Fuzz(func(_ *testing.T, b []byte) { concerns(b) })
}
