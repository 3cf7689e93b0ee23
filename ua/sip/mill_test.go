package sip

import (
	"bytes"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// Random and mutated datagrams through the socket's reader, the parser and the transactions:
// no panic, and after the last one no more is remembered than after the first fifth.
// OFFHOOK_MESSAGES says how many.
func TestMill(t *testing.T) {
	count := 20_000
	if n, err := strconv.Atoi(os.Getenv("OFFHOOK_MESSAGES")); err == nil {
		count = n
	}
	if testing.Short() {
		count = min(count, 5_000)
	}
	random := rand.New(rand.NewPCG(7, 0))
	var corpus [][]byte
	for _, v := range verdicts(t) {
		corpus = append(corpus, v.raw(t))
	}
	for _, m := range []Method{INVITE, ACK, BYE, CANCEL, OPTIONS, INFO} {
		corpus = append(corpus, []byte(incoming(m, "z9hG4bKmill")))
	}
	inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
		var ours []string
		var before int
		var left []func() // ends what its user would have to end
		finish := func(n int) {
			for i, end := range left[:n] {
				if end(); i%100 == 0 {
					peer.texts() // the wire holds no more than a thousand
				}
			}
			left = slices.Delete(left, 0, n)
		}
		rest := func() int {
			finish(len(left))
			return rested(t, peer, r)
		}
		for i := range count {
			if i == count/5 {
				before = rest()
			}
			raw := slices.Clone(corpus[random.IntN(len(corpus))])
			if len(ours) > 0 && random.IntN(3) == 0 {
				raw = []byte(ours[random.IntN(len(ours))])
			}
			for range random.IntN(4) {
				k := random.IntN(len(raw) + 1)
				switch j := min(len(raw), k+random.IntN(40)); random.IntN(5) {
				case 0:
					raw = slices.Delete(raw, k, j)
				case 1:
					raw = slices.Insert(raw, k, slices.Clone(raw[k:j])...)
				case 2:
					raw = slices.Insert(raw, k, byte(random.IntN(256)))
				case 3: // another transaction
					raw = bytes.ReplaceAll(raw, []byte("branch=z9hG4bK"), []byte("branch=z9hG4bK"+strconv.Itoa(random.IntN(1000))))
				case 4:
					other := corpus[random.IntN(len(corpus))]
					raw = slices.Insert(raw, k, other[:random.IntN(len(other))]...)
				}
			}
			peer.send(string(raw[:min(len(raw), maxMessage)]))
			if i%50 != 0 {
				continue
			}
			// Answer some of what came, and ask something ourselves.
			synctest.Wait()
			r.mu.Lock()
			requests := r.requests
			r.requests, r.answers = nil, nil
			r.mu.Unlock()
			for _, tx := range requests {
				if random.IntN(3) > 0 {
					_ = tx.Respond(NewResponse(tx.Request(), []int{180, 200, 404, 486, 500}[random.IntN(5)], ""))
				}
				left = append(left, func() { _ = tx.Respond(NewResponse(tx.Request(), 480, "")) })
			}
			req := outgoing([]Method{INVITE, OPTIONS, REGISTER}[random.IntN(3)])
			tx, err := e.Request(req, peer.target(), r.answer)
			if err != nil {
				t.Fatal(err)
			}
			left = append(left, tx.Abandon)
			if len(left) > 2000 {
				finish(1000)
			}
			ours = ours[:0]
			for _, text := range peer.texts() {
				if m, err := ParseMessage([]byte(text)); err == nil {
					if req, ok := m.(*Request); ok && req.Method != ACK {
						ours = append(ours, reply(req, []int{100, 180, 200, 302, 401, 503}[random.IntN(6)], strconv.Itoa(random.IntN(99))))
					}
				}
			}
			pass(time.Duration(random.IntN(2000)) * time.Millisecond)
		}
		after := rest()
		clients, servers := e.tables()
		t.Logf("%+v; %d KiB after the first fifth, %d KiB at the end", e.Stats(), before>>10, after>>10)
		if clients != 0 || servers != 0 {
			t.Errorf("%d client and %d server transactions are left", clients, servers)
		}
		if after > before+before/4+512<<10 {
			t.Errorf("the memory grew from %d to %d KiB", before>>10, after>>10)
		}
		if s := e.Stats(); s.Malformed > s.Received*4/5 {
			t.Errorf("hardly anything could be read: %+v", s)
		}
	})
}

// rested waits until every transaction is over, and gives the memory in use.
func rested(t *testing.T, peer *wire, r *told) int {
	t.Helper()
	r.mu.Lock()
	requests := r.requests
	r.mu.Unlock()
	for _, tx := range requests {
		_ = tx.Respond(NewResponse(tx.Request(), 480, ""))
	}
	for range 240 {
		pass(time.Second)
		peer.texts()
	}
	r.mu.Lock()
	r.requests, r.answers = nil, nil
	r.mu.Unlock()
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int(s.HeapAlloc)
}
