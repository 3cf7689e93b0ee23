package dtls

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	pion "github.com/pion/dtls/v3"
	"github.com/pion/logging"
)

// Config is what a handshake needs.
type Config struct {
	// Role is Active or Passive.
	Role Role
	// Certificate is ours, which signalling has told of.
	Certificate *Certificate
	// Peer are the fingerprints that signalling told of the peer. One of those with the
	// best hash must match; none lets nobody in.
	Peer []Fingerprint
	// Send sends one datagram to the peer; raw is only lent. It is called from the
	// association's goroutines and must not block. An error is a datagram that was lost.
	Send func(raw []byte) error
	// Done is told once, from the association's goroutine, how the handshake ended: not
	// after Close. It must not block, nor call Wait.
	Done func(Keys, error)
	// Timeout bounds the handshake. Zero means 10 s.
	Timeout time.Duration
}

// timeout is longer than a lossy network needs, and shorter than a person waits for a
// voice.
const timeout = 10 * time.Second

// flight is how long the answer to what was sent is waited for, at first; each further
// time is twice as long. RFC 6347, section 4.2.4.1 recommends a second and allows less
// where time counts: a voice waits here. It is RFC 9147's, section 5.8.2.
const flight = 100 * time.Millisecond

var (
	// ErrHandshake: the handshake failed.
	ErrHandshake = errors.New("DTLS handshake failed")
	// ErrTimeout: nothing that ends a handshake came in time.
	ErrTimeout = errors.New("no DTLS handshake in time")
	// ErrNoSRTP: the peer speaks DTLS, and agreed on no SRTP.
	ErrNoSRTP = errors.New("the peer's DTLS agreed on no SRTP that is known here")
)

// AlertError is a peer that refused the handshake. It is ErrHandshake.
type AlertError struct {
	Code uint8 // RFC 5246, section 7.2
}

func (e *AlertError) Error() string {
	why, ok := alerts[e.Code]
	if !ok {
		why = fmt.Sprintf("alert %d", e.Code)
	}
	return fmt.Sprintf("%v: the peer refused it: %s", ErrHandshake, why)
}

// Is makes errors.Is(err, ErrHandshake) true.
func (e *AlertError) Is(target error) bool { return target == ErrHandshake }

// alerts says for people what RFC 5246, section 7.2.2 numbers.
var alerts = map[uint8]string{
	0:  "it closed the association",
	10: "it didn't expect what came",
	20: "a record had a wrong checksum",
	40: "it has no parameters in common with us",
	42: "our certificate isn't the one that signalling named",
	43: "it can't use our kind of certificate",
	45: "it holds our certificate for expired",
	46: "it doesn't accept our certificate",
	47: "a field was out of range",
	48: "it wants a certificate of an authority",
	50: "it couldn't read what came",
	51: "a signature or checksum didn't match",
	70: "it speaks another version of DTLS",
	71: "our ciphers are too weak for it",
	80: "it failed inside",
}

// Association is one handshake and what follows: the other side may ask for our last
// flight again as long as it lives.
//
//	Start -> shaking hands -> Done(keys) -> answers retransmissions -> Close
//	                  \-> Done(error): over
type Association struct {
	cfg    Config
	pipe   *pipe
	cancel context.CancelFunc
	run    sync.WaitGroup
	ended  atomic.Bool
	bad    error // of verify. Owner: pion's handshake, then shake
}

// Start begins a handshake. A Passive one waits for the peer's ClientHello.
func Start(cfg Config) (*Association, error) {
	if cfg.Timeout <= 0 {
		cfg.Timeout = timeout
	}
	a := &Association{cfg: cfg, pipe: newPipe(cfg.Send)}
	conn, err := a.conn()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.cancel = cancel
	a.run.Go(func() {
		a.shake(ctx, conn)
		a.ended.Store(true)
	})
	return a, nil
}

func (a *Association) conn() (*pion.Conn, error) {
	quiet := &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
	switch a.cfg.Role {
	case Active:
		return pion.ClientWithOptions(a.pipe, peer{},
			pion.WithCertificates(a.cfg.Certificate.cert), pion.WithSRTPProtectionProfiles(profiles()...), pion.WithFlightInterval(flight),
			pion.WithLoggerFactory(quiet), pion.WithVerifyPeerCertificate(a.verify),
			// No authority signed it: verify is what vouches (RFC 5763, section 5).
			pion.WithInsecureSkipVerify(true))
	case Passive:
		return pion.ServerWithOptions(a.pipe, peer{},
			pion.WithCertificates(a.cfg.Certificate.cert), pion.WithSRTPProtectionProfiles(profiles()...), pion.WithFlightInterval(flight),
			pion.WithLoggerFactory(quiet), pion.WithVerifyPeerCertificate(a.verify),
			pion.WithClientAuth(pion.RequireAnyClientCert), pion.WithInsecureSkipVerify(true))
	case Undecided:
	}
	return nil, errors.New("the role isn't decided")
}

// verify compares the peer's certificate with what signalling told.
func (a *Association) verify(raw [][]byte, _ [][]*x509.Certificate) error {
	if len(raw) == 0 {
		a.bad = fmt.Errorf("%w: the peer showed none", ErrFingerprint)
		return a.bad
	}
	a.bad = check(a.cfg.Peer, raw[0])
	return a.bad
}

// Deliver hands in a datagram that came from the peer. raw is only lent. It never blocks.
func (a *Association) Deliver(raw []byte) { a.pipe.put(raw) }

// Close ends the association without a word to the peer, which the end of the call tells.
// It doesn't wait.
func (a *Association) Close() {
	a.cancel()
	a.pipe.Close()
}

// Wait waits for the goroutines to end after Close or a failure.
func (a *Association) Wait() { a.run.Wait() }

// Ended reports that Wait wouldn't have to wait.
func (a *Association) Ended() bool { return a.ended.Load() }

// shake is the association's goroutine.
func (a *Association) shake(ctx context.Context, conn *pion.Conn) {
	defer conn.Close()
	defer a.Close()
	timed, stop := context.WithTimeout(ctx, a.cfg.Timeout)
	err := conn.HandshakeContext(timed)
	late := timed.Err() != nil
	stop()
	if ctx.Err() != nil {
		return // closed
	}
	if err != nil {
		a.cfg.Done(Keys{}, a.reason(err, late))
		return
	}
	keys, err := export(conn, a.cfg.Role)
	a.cfg.Done(keys, err)
	if err != nil {
		return
	}
	// What an application sends isn't ours; who doesn't read it hears no retransmission
	// either.
	var waste [maxRecord]byte
	for {
		_, err := conn.Read(waste[:])
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			<-ctx.Done() // the peer closed it: its keys hold until the call is over
			return
		}
	}
}

// reason is what went wrong, most telling first.
func (a *Association) reason(err error, late bool) error {
	if a.bad != nil {
		return a.bad
	}
	if code, ok := a.pipe.heard(); ok {
		return &AlertError{Code: code}
	}
	if late {
		return fmt.Errorf("%w: the peer's media didn't shake hands within %v; a firewall may keep its packets out", ErrTimeout, a.cfg.Timeout)
	}
	return fmt.Errorf("%w: %w", ErrHandshake, err)
}
