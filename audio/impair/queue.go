package impair

import (
	"net/netip"
	"time"
)

// item is a datagram on its way.
type item struct {
	due    time.Time
	serial uint64 // keeps the order of those that are due together
	peer   netip.AddrPort
	raw    []byte
}

func (i *item) before(j *item) bool {
	if i.due.Equal(j.due) {
		return i.serial < j.serial
	}
	return i.due.Before(j.due)
}

// queue is a binary heap by due. container/heap would allocate for each item.
type queue []item

func (q *queue) push(i item) {
	*q = append(*q, i)
	s := *q
	for n := len(s) - 1; n > 0; {
		up := (n - 1) / 2
		if !s[n].before(&s[up]) {
			return
		}
		s[n], s[up] = s[up], s[n]
		n = up
	}
}

func (q *queue) pop() item {
	s := *q
	top := s[0]
	last := len(s) - 1
	s[0], s[last] = s[last], item{}
	s = s[:last]
	*q = s
	for n := 0; ; {
		least := n
		for child := 2*n + 1; child <= 2*n+2 && child < last; child++ {
			if s[child].before(&s[least]) {
				least = child
			}
		}
		if least == n {
			return top
		}
		s[n], s[least] = s[least], s[n]
		n = least
	}
}
