package audio

import (
	"errors"
	"time"

	"offhook/audio/rtp"
	"offhook/audio/srtp"
)

// shield is what stands between a session and its sockets: nothing when plain RTP was
// agreed, SRTP when there are keys, a closed door while they are being agreed on.
//
//	            SDES                     new keys
//	plain ───────────────> keyed <───────────────┐
//	  └── DTLS ──> waiting ──┴───────────────────┘
//
// Keys of the peer's that were replaced open what was on its way then. Owner: the loop.
type shield struct {
	agreed Security // nil: plain
	suite  srtp.Suite
	since  time.Time

	out    *srtp.Sealer
	in     *srtp.Opener
	was    *srtp.Opener // by the keys before; nil for none
	wasTo  time.Time    // until when
	inKey  srtp.Key
	wasKey srtp.Key
	// Sealers of all keys of ours that signalling ever told: one that comes back, as after a
	// refused offer, must go on counting where it stopped.
	sealers []sealed

	// A stream that goes on over new keys keeps its count of rollovers, or begins at 0:
	// RFC 3711, section 3.3.1 says the one, many peers do the other.
	stream, rollovers uint32

	heard, reported  bool // something authentic has come, a report has
	early            int  // reports that came before that and weren't
	forged, replayed uint64
	plain            [maxDatagram]byte // what was opened
	report           [maxDatagram]byte // what was sealed
}

type sealed struct {
	key srtp.Key
	by  *srtp.Sealer
}

// oldKeyTime is how long packets of a key that was replaced are opened.
const oldKeyTime = 3 * time.Second

// closed reports that SRTP was agreed on and there are no keys yet.
func (s *shield) closed() bool { return s.agreed != nil && s.out == nil }

// secure takes what a round agreed on. early says that nobody had answered until now: keys of
// before may be another fork's, who isn't to be heard any more, nor sent to.
func (l *loop) secure(sec Security, early bool, now time.Time) {
	s := &l.shield
	if SameSecurity(sec, s.agreed) {
		return
	}
	old := s.agreed
	s.agreed = sec
	if early {
		s.close()
	}
	switch sec := sec.(type) {
	case nil:
		l.dropDTLS()
		s.close()
	case DTLS:
		if _, again := old.(DTLS); !again {
			s.close() // keys from the signalling don't stand in for those of a handshake
		}
		l.agreeDTLS(sec)
	case SDES:
		l.dropDTLS()
		l.key(sec.Local, sec.Remote, now)
	}
}

// close takes the keys out of force. The newest of the peer's is remembered with what has come
// by it: when it comes back, nothing that was heard then is heard again.
func (s *shield) close() {
	s.suite, s.since, s.out, s.was, s.wasKey = srtp.NoSuite, time.Time{}, nil, nil, srtp.Key{}
	s.heard, s.reported, s.early, s.rollovers = false, false, 0, 0
}

// keyed puts keys into force that were agreed on beside the signalling. What waited for them
// begins at once.
func (l *loop) keyed(local, remote srtp.Key, now time.Time) {
	was := l.sending()
	l.key(local, remote, now)
	l.retime()
	if !was && l.sending() {
		l.send.paused = true
		l.firstFrame(l.params, now)
	}
	l.publish()
}

// key puts keys into force: local of what we send, remote of what comes.
func (l *loop) key(local, remote srtp.Key, now time.Time) {
	s := &l.shield
	out, err := s.sealer(local)
	var in *srtp.Opener
	switch {
	case err != nil:
	case remote.Equal(s.inKey):
		in = s.in
	case remote.Equal(s.wasKey): // a round was taken back
		in = s.was
	default:
		in, err = srtp.NewOpener(remote)
	}
	if err == nil && local.SameOctets(remote) {
		// Both directions by one key stream would show what they have in common.
		err = errSameKey
	}
	if err != nil {
		s.close()
		l.emit(SecurityFailed{Exchange: s.agreed.Exchange(), Err: err})
		return
	}
	if in != s.in {
		s.was, s.wasKey, s.wasTo = nil, srtp.Key{}, now.Add(oldKeyTime)
		if s.out != nil { // those of before were in force
			s.was, s.wasKey = s.in, s.inKey
		}
		s.heard, s.reported, s.early, s.rollovers = false, false, 0, 0
		if ssrc, known := l.recv.ssrc(); known && s.was != nil {
			s.stream = ssrc
			s.rollovers, _ = s.was.Rollovers(ssrc)
		}
	}
	if s.startsOver(out, l.send.rtp) {
		l.beginStream(now)
	}
	s.out, s.in, s.inKey = out, in, remote
	s.suite, s.since = local.Suite(), now
	l.emit(Secured{Exchange: s.agreed.Exchange(), Suite: s.suite})
}

// startsOver says that a new key takes a stream of its own. After rollovers the peer could count
// them otherwise. And by a key that comes back the numbers of the present stream may have been
// in use: it can have gone round under another key, or in the clear, and one key stream would
// hide two packets (RFC 3711, section 9.1).
func (s *shield) startsOver(out *srtp.Sealer, stream *rtp.Sender) bool {
	if stream == nil || out == s.out {
		return false
	}
	return s.out != nil && s.out.Rollovers(stream.SSRC()) > 0 || out.Began(stream.SSRC())
}

var errSameKey = errors.New("the peer uses our own key for what it sends")

// sealer is the one of key, which goes on where it was.
func (s *shield) sealer(key srtp.Key) (*srtp.Sealer, error) {
	for _, have := range s.sealers {
		if have.key.Equal(key) {
			return have.by, nil
		}
	}
	by, err := srtp.NewSealer(key)
	if err != nil {
		return nil, err
	}
	if _, comes := s.agreed.(SDES); comes { // those of a handshake never come back
		s.sealers = append(s.sealers, sealed{key, by})
	}
	return by, nil
}

// sealRTP is pkt as it goes on the wire, in its own buffer; nil when it must not.
func (l *loop) sealRTP(pkt []byte) []byte {
	s := &l.shield
	if s.agreed == nil {
		return pkt
	}
	if s.out == nil {
		return nil
	}
	raw, err := s.out.RTP(pkt)
	if err != nil {
		l.sendErrors++
		return nil
	}
	return raw
}

// sealRTCP is a report as it goes on the wire; nil when it must not.
func (l *loop) sealRTCP(report []byte) []byte {
	s := &l.shield
	if s.agreed == nil {
		return report
	}
	if s.out == nil || l.reportsApart() {
		return nil
	}
	raw, err := s.out.RTCP(s.report[:0], report)
	if err != nil {
		l.sendErrors++
		return nil
	}
	return raw
}

// openRTP opens the packet in sl in its place, and openRTCP a report. They report false for
// one that isn't to be taken.
func (l *loop) openRTP(sl *slot) bool {
	s := &l.shield
	if s.agreed == nil {
		return true
	}
	plain, inForce, err := l.open(sl, (*srtp.Opener).RTP)
	switch {
	case s.rollovers == 0:
	case inForce:
		s.rollovers = 0 // the peer counts anew
	case errors.Is(err, srtp.ErrForged):
		plain, err = l.followOn(sl)
	}
	return l.opened(sl, plain, err)
}

func (l *loop) openRTCP(sl *slot) bool {
	s := &l.shield
	if s.agreed == nil {
		return true
	}
	plain, _, err := l.open(sl, (*srtp.Opener).RTCP)
	if errors.Is(err, srtp.ErrForged) && s.early < maxEarly && !s.reported {
		s.early++ // not taken, and nobody is alarmed
		l.recv.ignored++
		return false
	}
	s.reported = s.reported || err == nil
	return l.opened(sl, plain, err)
}

// maxEarly is how many reports may come before the peer's keys are at work: some peers send
// their first one in the clear.
const maxEarly = 2

// open opens by the keys in force, or by those before while something of theirs may come. It
// reports whether it were those in force.
func (l *loop) open(sl *slot, by func(o *srtp.Opener, dst, raw []byte) ([]byte, error)) (plain []byte, inForce bool, err error) {
	s := &l.shield
	if s.in == nil || s.out == nil {
		return nil, false, errNoKeys
	}
	raw := sl.buf[:sl.n]
	plain, err = by(s.in, s.plain[:], raw)
	if errors.Is(err, srtp.ErrForged) && s.was != nil && sl.at.Before(s.wasTo) {
		if old, failed := by(s.was, s.plain[:], raw); failed == nil {
			return old, false, nil
		}
	}
	s.heard = s.heard || err == nil
	return plain, err == nil, err
}

var errNoKeys = errors.New("there are no keys yet")

// followOn tries a packet of the stream that went on over new keys with the count of rollovers
// that it had, until one has shown which count is the peer's.
func (l *loop) followOn(sl *slot) ([]byte, error) {
	s := &l.shield
	s.in.Follow(s.stream, s.rollovers)
	plain, err := s.in.RTP(s.plain[:], sl.buf[:sl.n])
	if err != nil {
		s.in.Follow(s.stream, 0)
		return nil, err
	}
	s.heard, s.rollovers = true, 0
	return plain, nil
}

// opened puts what was opened into the slot, or counts why it wasn't.
func (l *loop) opened(sl *slot, plain []byte, err error) bool {
	s := &l.shield
	switch {
	case err == nil:
		sl.n = copy(sl.buf[:], plain)
		return true
	case err == errNoKeys:
		l.recv.ignored++ // nobody can tell whose it is
	case errors.Is(err, srtp.ErrReplayed):
		s.replayed++
		l.odd(OddReplayed, sl)
	case errors.Is(err, srtp.ErrForged), errors.Is(err, srtp.ErrStreams):
		s.forged++
		l.odd(OddForged, sl)
	default:
		l.odd(OddBroken, sl)
	}
	return false
}

// state is what is true now.
func (s *shield) state() SecurityStats {
	st := SecurityStats{Heard: s.heard, Forged: s.forged, Replayed: s.replayed}
	if s.agreed == nil {
		return st
	}
	st.Exchange = s.agreed.Exchange()
	if s.out != nil {
		st.Suite, st.Since = s.suite, s.since
	}
	return st
}
