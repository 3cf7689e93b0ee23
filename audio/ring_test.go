package audio

import (
	"runtime"
	"sync"
	"testing"
)

func TestRingKeepsOrderAcrossTheSeam(t *testing.T) {
	r := NewRing(5) // rounded to 8
	if r.Cap() != 8 {
		t.Fatalf("cap %d, want 8", r.Cap())
	}
	var in, out int16
	buf := make([]int16, 3)
	for range 100 {
		for i := range buf {
			buf[i] = in
			in++
		}
		if n := r.Write(buf); n != 3 {
			t.Fatalf("wrote %d", n)
		}
		if n := r.Read(buf); n != 3 {
			t.Fatalf("read %d", n)
		}
		for _, v := range buf {
			if v != out {
				t.Fatalf("got %d, want %d", v, out)
			}
			out++
		}
	}
}

func TestRingFullTakesWhatFits(t *testing.T) {
	r := NewRing(4)
	if n := r.Write([]int16{1, 2, 3, 4, 5, 6}); n != 4 {
		t.Fatalf("wrote %d, want 4", n)
	}
	if n := r.Discard(3); n != 3 {
		t.Fatalf("discarded %d", n)
	}
	got := make([]int16, 4)
	if n := r.Read(got); n != 1 || got[0] != 4 {
		t.Fatalf("read %d %v", n, got)
	}
	if n := r.Discard(1); n != 0 || r.Len() != 0 {
		t.Fatalf("an empty ring gave %d, len %d", n, r.Len())
	}
	if n := new(Ring).Write([]int16{1}); n != 0 {
		t.Fatalf("the zero ring took %d", n)
	}
}

func TestRingTwoGoroutines(t *testing.T) {
	const total = 1 << 18
	r := NewRing(1024)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		p := make([]int16, 100)
		next := int16(0)
		for sent := 0; sent < total; {
			n := min(len(p), total-sent)
			for i := range p[:n] {
				p[i] = next + int16(i)
			}
			w := r.Write(p[:n])
			next += int16(w)
			sent += w
			if w == 0 {
				runtime.Gosched()
			}
		}
	}()
	p := make([]int16, 77)
	want := int16(0)
	for got := 0; got < total; {
		n := r.Read(p)
		for _, v := range p[:n] {
			if v != want {
				t.Fatalf("sample %d: got %d, want %d", got, v, want)
			}
			want++
		}
		got += n
		if n == 0 {
			runtime.Gosched()
		}
	}
	wg.Wait()
}

func TestRingAllocatesNothing(t *testing.T) {
	r := NewRing(960)
	p := make([]int16, 480)
	if n := testing.AllocsPerRun(100, func() { r.Write(p); r.Read(p) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
