package audio

import "testing"

func TestSlotsKeepOrderAndCountOverflow(t *testing.T) {
	q := newSlots(4)
	if q.peek() != nil {
		t.Fatal("a new queue isn't empty")
	}
	for i := range 6 {
		sl := q.next()
		sl.n = i
		q.push(sl)
	}
	if got := q.lost.Load(); got != 2 {
		t.Fatalf("%d lost, want 2", got)
	}
	for i := range 4 {
		sl := q.peek()
		if sl == nil || sl.n != i {
			t.Fatalf("slot %d: %v", i, sl)
		}
		q.pop()
	}
	if q.peek() != nil {
		t.Fatal("more came out than went in")
	}
	if n := testing.AllocsPerRun(100, func() { q.push(q.next()); q.peek(); q.pop() }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
