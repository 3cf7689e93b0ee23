package trace

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// maxSpool is what may wait for a disk that stalls; more is lost, and counted.
const maxSpool = 16 << 20

// spool writes whole records to a file from a goroutine of its own. What is added is
// handed to the kernel at once, in one write, so that a process that is killed
// leaves a file of whole records.
//
//	Trace --lock--> buf <--swap--> spare --write--> file
type spool struct {
	w    io.WriteCloser
	wake chan struct{}
	done chan struct{}

	mu      sync.Mutex
	buf     []byte
	spare   []byte
	closed  bool
	err     error
	dropped uint64
}

func newSpool(w io.WriteCloser) *spool {
	s := &spool{w: w, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go s.run()
	return s
}

// begin locks the spool for one record, and says whether there is room for it.
func (s *spool) begin(size int) bool {
	s.mu.Lock()
	if s.closed || s.err != nil || len(s.buf)+size > maxSpool {
		s.dropped++
		s.mu.Unlock()
		return false
	}
	return true
}

// end unlocks it and has the record written.
func (s *spool) end() {
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Write appends; between begin and end only.
func (s *spool) Write(p []byte) (int, error) {
	s.buf = append(s.buf, p...)
	return len(p), nil
}

func (s *spool) run() {
	defer close(s.done)
	for range s.wake {
		s.flush()
	}
	s.flush()
}

func (s *spool) flush() {
	s.mu.Lock()
	out := s.buf
	s.buf, s.spare = s.spare[:0], nil
	s.mu.Unlock()
	var err error
	if len(out) > 0 {
		_, err = s.w.Write(out)
	}
	s.mu.Lock()
	s.spare = out
	if s.err == nil {
		s.err = err
	}
	s.mu.Unlock()
}

// close writes what is left, and tells what went wrong on the way.
func (s *spool) close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		<-s.done
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.wake)
	<-s.done
	err := s.err
	if err == nil && s.dropped > 0 {
		err = fmt.Errorf("%d records were lost because the disk was too slow", s.dropped)
	}
	return errors.Join(err, s.w.Close())
}

// create makes a file that only its owner reads: messages hold addresses and what people
// say, and with Shown what a password can be guessed from.
func create(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err == nil && st.Mode().IsRegular() && st.Mode().Perm() != 0o600 {
		if err := f.Chmod(0o600); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return f, nil
}
