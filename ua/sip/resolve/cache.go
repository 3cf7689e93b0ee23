package resolve

import (
	"sync"
	"time"
)

type question struct {
	name string // full, lower case
	kind uint16
}

type entry struct {
	answer
	until time.Time
}

// cache keeps answers for as long as they may be kept, and no more than it has room for.
type cache struct {
	room int

	mu      sync.Mutex
	entries map[question]entry // guarded by mu
	epoch   int                // guarded by mu
}

func newCache(room int) *cache { return &cache{room: room, entries: make(map[question]entry)} }

func (c *cache) get(q question, now time.Time) (answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[q]
	if !ok || !now.Before(e.until) {
		return answer{}, false
	}
	return e.answer, true
}

func (c *cache) put(q question, a answer, now time.Time) {
	if a.ttl <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.entries[q]; !known && len(c.entries) >= c.room {
		c.evict(now)
	}
	c.entries[q] = entry{a, now.Add(a.ttl)}
}

// evict drops what has expired, or else what would expire first. c.mu is held.
func (c *cache) evict(now time.Time) {
	var oldest question
	var until time.Time
	for q, e := range c.entries {
		if !now.Before(e.until) {
			delete(c.entries, q)
			continue
		}
		if until.IsZero() || e.until.Before(until) {
			oldest, until = q, e.until
		}
	}
	if len(c.entries) >= c.room {
		delete(c.entries, oldest)
	}
}

// enter empties the cache when the epoch is another than before.
func (c *cache) enter(epoch int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch != epoch {
		c.epoch = epoch
		clear(c.entries)
	}
}
