package audio

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPacerDoesNotDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		p := NewPacer(20 * time.Millisecond)
		defer p.Stop()
		for n := 1; n <= 500; n++ {
			<-p.Beats()
			if got, want := time.Since(start), time.Duration(n)*20*time.Millisecond; got != want {
				t.Fatalf("beat %d at %v, want %v", n, got, want)
			}
			time.Sleep(time.Duration(n%19) * time.Millisecond) // the reader's own work
		}
	})
}

func TestPacerSlowReaderLosesBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(20 * time.Millisecond)
		time.Sleep(time.Second)
		synctest.Wait()
		<-p.Beats()
		select {
		case <-p.Beats():
			t.Fatal("beats piled up")
		default:
		}
		p.Stop()
		p.Stop()
		if _, open := <-p.Beats(); open {
			t.Fatal("beats after Stop")
		}
	})
}

func TestNullStreamIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Null{}.Open(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if s.Rate() != 8000 {
			t.Fatalf("rate %d", s.Rate())
		}
		buf := []int16{1, 2, 3}
		if n, err := s.Read(buf); n != 3 || err != nil || buf[0]|buf[1]|buf[2] != 0 {
			t.Fatalf("read %d, %v, %v", n, err, buf)
		}
		if s.Ticks() != nil {
			t.Fatal("a stream without a clock ticks")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
