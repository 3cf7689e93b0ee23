package ogg

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

func always([]byte) bool { return true }

// packets reads all, copied.
func packets(t testing.TB, raw []byte, want func([]byte) bool) (out []Packet) {
	t.Helper()
	r := NewReader(bytes.NewReader(raw), want)
	for {
		p, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		p.Data = bytes.Clone(p.Data)
		out = append(out, p)
	}
}

// The check value of this polynomial without initial ones and inversion.
func TestChecksumIsThatOfRFC3533(t *testing.T) {
	// CRC-32/MPEG-2 without its initial ones: 0x89a1897f for "123456789".
	if got := checksum([]byte("123456789")); got != 0x89a1897f {
		t.Errorf("%08x", got)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	var file bytes.Buffer
	w := NewWriter(&file, 7)
	rng := rand.New(rand.NewPCG(1, 2))
	var want [][]byte
	for i, n := range []int{19, 0, 1, 254, 255, 256, 510, 1275, 60000, 65024, 3} {
		data := make([]byte, n)
		for k := range data {
			data[k] = byte(rng.Uint32())
		}
		want = append(want, data)
		if err := w.Packet(data, int64(i*960)); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Packet(make([]byte, maxBody), 1); !errors.Is(err, ErrPacket) {
		t.Errorf("a packet longer than a page: %v", err)
	}
	if err := w.Close(9000); err != nil {
		t.Fatal(err)
	}
	got := packets(t, file.Bytes(), always)
	if len(got) != len(want) {
		t.Fatalf("%d packets of %d", len(got), len(want))
	}
	for i, p := range got {
		if !bytes.Equal(p.Data, want[i]) {
			t.Errorf("packet %d has changed", i)
		}
		if p.First != (i == 0) || p.Last != (i == len(got)-1) {
			t.Errorf("packet %d: first %t, last %t", i, p.First, p.Last)
		}
	}
	if g := got[len(got)-1].Granule; g != 9000 {
		t.Errorf("the end is at %d", g)
	}
}

// A packet over two pages, a stream beside it, a damaged page, a cut: the rest is read.
func TestReaderSurvivesTheFile(t *testing.T) {
	mine := func(flags byte, turn uint32, lacing, body []byte) []byte {
		p := page{flags: flags, granule: 1, serial: 1, turn: turn, lacing: lacing, body: body}
		return p.append(nil)
	}
	other := page{flags: beginning, serial: 2, lacing: []byte{3}, body: []byte("xyz")}
	long := bytes.Repeat([]byte{5}, 255)
	head := mine(beginning, 0, []byte{1}, []byte("h"))
	half, rest := mine(0, 1, []byte{255}, long), mine(continued, 2, []byte{2, 1}, []byte("abc"))
	last := mine(ending, 3, []byte{1}, []byte("e"))
	broken := bytes.Clone(half)
	broken[40]++
	for name, c := range map[string]struct {
		file [][]byte
		want []string
	}{
		"over two pages":      {[][]byte{head, other.append(nil), half, rest, last}, []string{"h", string(long) + "ab", "c", "e"}},
		"damaged page":        {[][]byte{head, broken, rest, last}, []string{"h", "c", "e"}},
		"page lost":           {[][]byte{head, half, last}, []string{"h", "e"}},
		"rubbish between":     {[][]byte{head, []byte("OggOggS\x00 what is this"), half, rest}, []string{"h", string(long) + "ab", "c"}},
		"cut off":             {[][]byte{head, half, rest[:len(rest)-1]}, []string{"h"}},
		"chained":             {[][]byte{head, last, head, last}, []string{"h", "e", "h", "e"}},
		"only another":        {[][]byte{other.append(nil)}, nil},
		"nothing":             {nil, nil},
		"begins in the midst": {[][]byte{rest, head, last}, []string{"h", "e"}},
	} {
		var got []string
		for _, p := range packets(t, slices.Concat(c.file...), func(b []byte) bool { return string(b) == "h" }) {
			got = append(got, string(p.Data))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestHeads(t *testing.T) {
	h := Head{Channels: 2, PreSkip: 312, InputRate: 16000, Gain: -1.5}
	got, err := ParseHead(h.Append(nil))
	if err != nil || got != h {
		t.Errorf("%+v %v", got, err)
	}
	surround := h.Append(nil)
	surround[9], surround[18] = 6, 1
	for _, b := range [][]byte{nil, []byte("OpusHead"), surround, append([]byte("OpusHead\x10"), make([]byte, 10)...)} {
		if _, err := ParseHead(b); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", b, err)
		}
	}
	if b := AppendTags(nil, "us", "TITLE=x"); !IsTags(b) || !bytes.HasSuffix(b, []byte("\x07\x00\x00\x00TITLE=x")) {
		t.Errorf("%q", b)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriterKeepsItsError(t *testing.T) {
	w := NewWriter(failing{}, 1)
	if err := w.Packet([]byte("x"), 1); err != nil {
		t.Fatal(err) // nothing was written yet
	}
	if err := w.Flush(); err == nil {
		t.Error("the failure wasn't told")
	}
	if err := w.Close(1); err == nil {
		t.Error("the failure was forgotten")
	}
}

func TestWritingDoesNotAllocate(t *testing.T) {
	w := NewWriter(io.Discard, 1)
	data := make([]byte, 160)
	if n := testing.AllocsPerRun(1000, func() { _ = w.Packet(data, 1); _ = w.Flush() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Whatever the file holds, reading ends, and what is read and written again is the same.
func FuzzReader(f *testing.F) {
	var file bytes.Buffer
	w := NewWriter(&file, 3)
	_ = w.Packet(Head{Channels: 1}.Append(nil), 0)
	_ = w.Flush()
	_ = w.Packet(bytes.Repeat([]byte{9}, 600), 960)
	_ = w.Close(900)
	f.Add(file.Bytes())
	f.Add(append(file.Bytes()[:90], file.Bytes()...))
	f.Add([]byte("OggS"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := packets(t, raw, always)
		sum := 0
		var again bytes.Buffer
		w := NewWriter(&again, 1)
		for _, p := range got {
			sum += len(p.Data)
			if err := w.Packet(p.Data, p.Granule); err != nil {
				return // one that went over pages
			}
		}
		if sum > len(raw) {
			t.Fatalf("%d bytes out of %d", sum, len(raw))
		}
		if len(got) == 0 {
			return
		}
		_ = w.Close(0)
		back := packets(t, again.Bytes(), always)
		if len(back) != len(got) {
			t.Fatalf("%d packets, then %d", len(got), len(back))
		}
		for i := range back {
			if !bytes.Equal(back[i].Data, got[i].Data) {
				t.Fatalf("packet %d has changed", i)
			}
		}
	})
}

func FuzzParseHead(f *testing.F) {
	f.Add(Head{Channels: 2, PreSkip: 312, Gain: 3}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseHead(b)
		if err != nil {
			if h != (Head{}) {
				t.Fatal("an error and a header")
			}
			return
		}
		if again, err := ParseHead(h.Append(nil)); err != nil || again != h {
			t.Fatalf("%+v, then %+v %v", h, again, err)
		}
	})
}
