package audio

import (
	"errors"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"offhook/audio/dtls"
)

// DTLS is SRTP by keys from a handshake on the media path (RFC 5763, 5764).
type DTLS struct {
	// Role is Active or Passive.
	Role dtls.Role
	// Certificate is ours; its fingerprint was told.
	Certificate *dtls.Certificate
	// Peer are the fingerprints that the peer's description told.
	Peer []dtls.Fingerprint
	// LocalID and PeerID are a=tls-id of both: others than before ask for another
	// association (RFC 8842, section 4).
	LocalID, PeerID string
}

// Exchange is ExchangeDTLS.
func (DTLS) Exchange() Exchange { return ExchangeDTLS }

func (d DTLS) same(o Security) bool {
	t, ok := o.(DTLS)
	return ok && d.Role == t.Role && d.vouched(t) && d.LocalID == t.LocalID && d.PeerID == t.PeerID
}

// vouched says that both are between the same certificates.
func (d DTLS) vouched(o DTLS) bool {
	return d.Certificate == o.Certificate && slices.Equal(d.Peer, o.Peer)
}

// handshake is the session's side of DTLS. Owner: the loop.
//
//	                agreed, and there is a way          keys
//	idle ─────────────────────> shaking ──────────────────────> done
//	                              │  ^                            │ the peer's last flight may be
//	                              │  └ a stranger failed          │ lost: it answers on
//	                              v                               v
//	                  failed: SecurityFailed             another agreement: shaking again,
//	                                                     with the old keys until there are new
//
// Without ICE anybody can send a ClientHello. The address that signalling named has the
// word; another is listened to as long as that one is silent, since a NAT may have changed
// it, and when its certificate is the wrong one it was a stranger, and is forgotten.
type handshake struct {
	want  *DTLS // agreed, nil for none
	now   *dtls.Association
	over  []*dtls.Association // closed; they are waited for at the end
	done  bool                // now has given keys
	since time.Time           // when the first association for want began
	held  DTLS                // what the keys in force came from
	keyed bool                // there are such keys
	peer  netip.AddrPort      // who shakes hands; invalid until somebody does
	// strangers are those who tried in vain to pass for the peer.
	strangers int

	// to is where datagrams go, nil for where the media does. The association's goroutines
	// read it.
	to atomic.Pointer[netip.AddrPort]

	// early are datagrams that came before the agreement that they belong to: an answerer
	// may begin before its answer is here (RFC 5763, section 5).
	early  [earlyRoom]earlyDatagram
	earlyN int
}

// earlyRoom is how many datagrams wait for an agreement: a ClientHello and those that
// repeat it.
const earlyRoom = 4

// maxStrangers is how many may try before only the address that signalling named is
// listened to: a flood of them must not keep the peer out.
const maxStrangers = 8

// earlyTime is how long they are worth keeping.
const earlyTime = 5 * time.Second

type earlyDatagram struct {
	raw  []byte
	from netip.AddrPort
	at   time.Time
}

// handshakeTime bounds a handshake from the first moment that there is a way to the peer.
const handshakeTime = 10 * time.Second

// agreeDTLS takes what a round agreed on. shakeHands begins it.
func (l *loop) agreeDTLS(d DTLS) {
	h := &l.shake
	l.stopShaking()
	h.want, h.since, h.strangers = &d, time.Time{}, 0
}

// dropDTLS ends what DTLS there is: a round agreed on something else.
func (l *loop) dropDTLS() {
	h := &l.shake
	l.stopShaking()
	h.want, h.keyed, h.held = nil, false, DTLS{}
}

func (l *loop) stopShaking() {
	h := &l.shake
	if h.now != nil {
		h.now.Close()
		h.over = append(slices.DeleteFunc(h.over, (*dtls.Association).Ended), h.now)
	}
	h.now, h.done, h.peer = nil, false, netip.AddrPort{}
	h.to.Store(nil)
	l.attend(attendKeys, false)
}

// reportsApart says that reports would need a handshake of their own, on their own port (RFC
// 5764, section 4.1). We ask for rtcp-mux and do without reports where a peer has none.
func (l *loop) reportsApart() bool {
	_, ok := l.shield.agreed.(DTLS)
	return ok && !l.params.RTCPMux
}

// shakeHands begins the handshake that was agreed on, once there is a way to the peer: a
// flight that can't leave only makes the timer of the next one longer.
func (l *loop) shakeHands(now time.Time) {
	h := &l.shake
	if h.want == nil || h.now != nil || !l.reachable() {
		return
	}
	if h.since.IsZero() {
		h.since = now
	}
	left := max(handshakeTime-now.Sub(h.since), time.Millisecond) // it tells when that is over
	var a *dtls.Association                                       // set before the loop comes to what Done posts
	var err error
	a, err = dtls.Start(dtls.Config{
		Role: h.want.Role, Certificate: h.want.Certificate, Peer: h.want.Peer, Timeout: left,
		Send: l.s.sendHandshake,
		Done: func(k dtls.Keys, err error) {
			l.s.mail.post(func() { l.shaken(a, k, err, time.Now()) })
		},
	})
	if err != nil {
		l.emit(SecurityFailed{Exchange: ExchangeDTLS, Err: err})
		return
	}
	h.now = a
	l.attend(attendKeys, true)
	l.takeEarly(now)
}

// sendHandshake sends a datagram of the handshake. The association's goroutines call it.
func (s *Session) sendHandshake(raw []byte) error {
	if to := s.l.shake.to.Load(); to != nil {
		return s.SendDatagram(raw, *to)
	}
	return s.SendMedia(raw)
}

// takeDTLS takes a datagram that RFC 7983 calls DTLS.
func (l *loop) takeDTLS(sl *slot) {
	h := &l.shake
	if h.now == nil || h.done && hello(sl.buf[:sl.n]) {
		if h.want == nil && l.applied {
			l.odd(OddDTLS, sl)
		}
		l.keepEarly(sl)
		return
	}
	if !l.partner(unmapped(sl.from), sl.at) {
		l.odd(OddDTLS, sl)
		return
	}
	h.now.Deliver(sl.buf[:sl.n])
}

// hello says that a datagram begins a handshake. After the end of one it is for the next
// agreement, which is still on its way: an association doesn't begin anew by itself.
func hello(raw []byte) bool {
	const handshake, clientHello, header = 22, 1, 13
	return len(raw) > header && raw[0] == handshake && raw[3] == 0 && raw[4] == 0 && raw[header] == clientHello
}

// partner decides whether the handshake listens to from.
func (l *loop) partner(from netip.AddrPort, now time.Time) bool {
	h := &l.shake
	switch {
	case l.route.rules():
		return l.route.hears(from) // ICE has checked it
	case from == h.peer:
		return true
	case !h.peer.IsValid() && h.strangers < maxStrangers:
	case h.done || from != unmapped(l.params.Remote):
		return false
	default:
		// The address that was named speaks, after another one: begin anew with it.
		l.stopShaking()
		l.shakeHands(now)
		if h.now == nil {
			return false
		}
	}
	h.peer = from
	if from != l.remote() {
		h.to.Store(&from)
	}
	return true
}

// keepEarly keeps a datagram for the agreement that may follow: the newest few, which cost
// their sender no more of our memory than their number allows.
func (l *loop) keepEarly(sl *slot) {
	h := &l.shake
	if h.earlyN == earlyRoom {
		copy(h.early[:], h.early[1:])
		h.earlyN--
	}
	h.early[h.earlyN] = earlyDatagram{slices.Clone(sl.buf[:sl.n]), unmapped(sl.from), sl.at}
	h.earlyN++
}

// takeEarly hands the new association what came before it.
func (l *loop) takeEarly(now time.Time) {
	h := &l.shake
	list := h.early
	n := h.earlyN
	h.early, h.earlyN = [earlyRoom]earlyDatagram{}, 0
	for _, d := range list[:n] {
		if now.Sub(d.at) < earlyTime && h.now != nil && l.partner(d.from, now) {
			h.now.Deliver(d.raw)
		}
	}
}

// shaken takes the end of a handshake.
func (l *loop) shaken(a *dtls.Association, keys dtls.Keys, err error, now time.Time) {
	h := &l.shake
	if a != h.now || l.closing {
		return
	}
	if err != nil {
		l.handshakeFailed(err, now)
		return
	}
	l.attend(attendKeys, false)
	h.done, h.held, h.keyed = true, *h.want, true
	if !l.route.rules() && h.peer.IsValid() && h.peer != l.latch.Remote() {
		// Its certificate vouches for the address.
		l.latch.Prove(h.peer, now)
		l.aim()
	}
	l.keyed(keys.Local, keys.Remote, now)
}

// handshakeFailed tells of it, unless somebody else may still do better.
func (l *loop) handshakeFailed(err error, now time.Time) {
	h := &l.shake
	stranger := h.peer.IsValid() && !l.route.rules() && h.peer != unmapped(l.params.Remote)
	l.stopShaking()
	switch {
	case stranger && now.Sub(h.since) < handshakeTime:
		h.strangers++
		l.s.log.Warn("a stranger tried to shake hands", "error", err)
		l.shakeHands(now)
	case errors.Is(err, dtls.ErrTimeout) && h.keyed && h.held.vouched(*h.want):
		// A peer that names another role and goes on with its old association: the keys
		// in force are between the same certificates.
		l.s.log.Info("the peer keeps its DTLS association", "error", err)
	default:
		h.keyed = false
		l.shield.close()
		l.emit(SecurityFailed{Exchange: ExchangeDTLS, Err: err})
	}
}

// endHandshakes ends all of them and waits for their goroutines.
func (l *loop) endHandshakes() {
	l.stopShaking()
	for _, a := range l.shake.over {
		a.Wait()
	}
}
