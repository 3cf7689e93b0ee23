package history

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func sample(remote string, out Outcome, at time.Duration) Call {
	c := Call{
		Account: "work", Direction: "incoming", Outcome: out, Remote: remote, RemoteName: "Bob \"100%\" Bell", Local: "sip:alice@example.org",
		Dialed: "sip:alice@example.org", Started: noon.Add(at), Ended: noon.Add(at + 90*time.Second), Cause: "remote_hangup", Codec: "PCMU/8000", SIPCallID: "x@y",
	}
	if out == Answered {
		c.Answered = c.Started.Add(4 * time.Second)
	}
	return c
}

func openTemp(t *testing.T) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "sub", "calls ?#.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestQueries(t *testing.T) {
	s := openTemp(t)
	ctx := t.Context()
	first := sample("sip:bob@example.org", Answered, 0)
	for i, c := range []Call{first, sample("sip:50%25_x@example.org", Missed, time.Hour), func() Call {
		c := sample("sip:carol@example.net", Refused, 2*time.Hour)
		c.Direction, c.Account, c.RemoteName, c.Code, c.Reason = "outgoing", "home", "", 486, "Busy Here"
		return c
	}()} {
		id, err := s.Add(ctx, c)
		if err != nil || id != int64(i+1) {
			t.Fatalf("add %d: id %d, %v", i, id, err)
		}
	}
	for name, c := range map[string]struct {
		q    Query
		want []int64
	}{
		"all":       {Query{}, []int64{3, 2, 1}},
		"limit":     {Query{Limit: 2}, []int64{3, 2}},
		"next page": {Query{Limit: 2, Before: 2}, []int64{1}},
		"account":   {Query{Account: "home"}, []int64{3}},
		"direction": {Query{Direction: "incoming"}, []int64{2, 1}},
		"missed":    {Query{Outcome: Missed}, []int64{2}},
		"name":      {Query{With: "bOB"}, []int64{2, 1}},
		"wildcards": {Query{With: "50%25_"}, []int64{2}},
		"no quote":  {Query{With: `' OR 1=1 --`}, nil},
		"since":     {Query{Since: noon.Add(time.Hour)}, []int64{3, 2}},
		"until":     {Query{Until: noon.Add(time.Hour)}, []int64{1}},
	} {
		got, err := s.List(ctx, c.q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var ids []int64
		for _, g := range got {
			ids = append(ids, g.ID)
		}
		if !reflect.DeepEqual(ids, c.want) {
			t.Errorf("%s: %v, want %v", name, ids, c.want)
		}
	}
	got, err := s.List(ctx, Query{Until: noon.Add(time.Minute)})
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	back := got[0]
	back.ID, back.Started, back.Answered, back.Ended = 0, back.Started.UTC(), back.Answered.UTC(), back.Ended.UTC()
	if !reflect.DeepEqual(back, first) {
		t.Errorf("read back\n%+v\nwas\n%+v", back, first)
	}
	if got[0].Talked() != 86*time.Second {
		t.Errorf("talked %s", got[0].Talked())
	}
	if n, err := s.Delete(ctx, Query{Until: noon.Add(time.Hour)}); n != 1 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
}

// Two processes with the file open lose no call; each has a Store of its own.
func TestWritersWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.db")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			for range 10 {
				if _, err := s.Add(t.Context(), sample("sip:a@b", Missed, 0)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s, err := OpenExisting(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if calls, err := s.List(t.Context(), Query{}); len(calls) != 40 || err != nil {
		t.Errorf("%d calls, %v", len(calls), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenExisting(filepath.Join(dir, "none.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that isn't there: %v", err)
	}
	junk := filepath.Join(dir, "junk.db")
	if err := os.WriteFile(junk, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(junk); err == nil || !strings.Contains(err.Error(), "move it away") {
		t.Errorf("junk: %v", err)
	}
	newer := filepath.Join(dir, "newer.db")
	s, err := Open(newer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	if _, err := Open(newer); !errors.Is(err, ErrNewer) {
		t.Errorf("newer: %v", err)
	}
}

func TestExport(t *testing.T) {
	calls := []Call{sample("sip:b@c", Answered, 0), sample("sip:\"quo,ted\"\n@c", Missed, 0)}
	var b bytes.Buffer
	if err := WriteCSV(&b, calls); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 3 || len(rows[0]) != len(csvHeader) {
		t.Fatalf("%v, %v", rows, err)
	}
	if rows[1][11] != "86.000" || rows[1][8] != "2026-03-01T12:00:00.000Z" || rows[2][4] != calls[1].Remote || rows[2][9] != "" {
		t.Errorf("%q\n%q", rows[1], rows[2])
	}
	b.Reset()
	if err := WriteJSONL(&b, calls); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Call
		Seconds float64
	}
	line, rest, _ := strings.Cut(b.String(), "\n")
	if err := json.Unmarshal([]byte(line), &back); err != nil || back.Seconds != 86 || !reflect.DeepEqual(back.Call, calls[0]) {
		t.Errorf("%+v, %v", back, err)
	}
	if strings.Contains(rest, "answered\":\"0001") || strings.Count(rest, "\n") != 1 {
		t.Errorf("%q", rest)
	}
}
