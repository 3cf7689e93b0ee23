package history

import (
	"context"
	"path/filepath"
	"testing"
	"time"
)

// Missed calls count until they were looked at, also by a later run, and those that were
// answered elsewhere never do.
func TestUnseen(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "calls.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	add := func(o Outcome) int64 {
		t.Helper()
		id, err := s.Add(ctx, Call{Outcome: o, Started: time.Unix(1, 0), Ended: time.Unix(2, 0)})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	want := func(n int) {
		t.Helper()
		if got, err := s.Unseen(ctx); err != nil || got != n {
			t.Errorf("%d unseen, %v; want %d", got, err, n)
		}
	}
	want(0)
	add(Missed)
	seen := add(Missed)
	add(Elsewhere)
	add(Answered)
	want(2)
	for range 2 { // looking twice is looking once
		if err := s.Look(ctx, seen); err != nil {
			t.Fatal(err)
		}
	}
	want(0)
	late := add(Missed)
	want(1)
	if err := s.Look(ctx, 1); err != nil { // it never goes back
		t.Fatal(err)
	}
	want(1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(path); err != nil {
		t.Fatal(err)
	}
	want(1)
	if err := s.Remove(ctx, late); err != nil {
		t.Fatal(err)
	}
	want(0)
	if calls, err := s.List(ctx, Query{}); err != nil || len(calls) != 4 {
		t.Errorf("%d calls, %v", len(calls), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// A file of the first layout is taken on with its calls.
func TestFirstLayoutIsTakenOn(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "calls.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(ctx, Call{Outcome: Missed, Started: time.Unix(1, 0), Ended: time.Unix(2, 0)}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec("DROP TABLE looked; PRAGMA user_version = 1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n, err := s.Unseen(ctx); err != nil || n != 1 {
		t.Errorf("%d unseen, %v", n, err)
	}
}
