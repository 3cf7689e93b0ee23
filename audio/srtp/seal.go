package srtp

import (
	"errors"
	"fmt"

	"github.com/pion/rtp"
	pion "github.com/pion/srtp/v3"
)

// Overhead is by how much a sealed packet is longer than the packet at most, without a master
// key identifier: the tag of AES-GCM, and the index of SRTCP.
const Overhead = 16 + 4

// ErrRoom: the buffer of a packet has no room for what protects it.
var ErrRoom = errors.New("no room for the authentication tag")

// Sealer encrypts and authenticates what is sent.
type Sealer struct {
	ctx    *pion.Context
	header rtp.Header // of the packet at hand, kept because it would be allocated each time
	room   int
}

// NewSealer begins to count packets of k: see the package for why there must be only one.
func NewSealer(k Key) (*Sealer, error) {
	if k.IsZero() {
		return nil, errors.New("there is no key to encrypt with")
	}
	key, salt := k.parts()
	var o []pion.ContextOption
	if mki := k.MKI(); mki != "" {
		o = append(o, pion.MasterKeyIndicator([]byte(mki)))
	}
	ctx, err := pion.CreateContext(key, salt, k.Suite().profile(), o...)
	if err != nil {
		return nil, fmt.Errorf("encrypt with %s: %w", k.Suite(), err)
	}
	return &Sealer{ctx: ctx, room: Overhead + len(k.MKI())}, nil
}

// RTP seals the packet in its own buffer, which needs room behind it.
func (s *Sealer) RTP(packet []byte) ([]byte, error) {
	if cap(packet)-len(packet) < s.room {
		return nil, ErrRoom
	}
	return s.ctx.EncryptRTP(packet[:len(packet):cap(packet)], packet, &s.header)
}

// RTCP seals a compound packet into dst, or a new buffer where that has no room.
func (s *Sealer) RTCP(dst, packet []byte) ([]byte, error) {
	return s.ctx.EncryptRTCP(dst[:0], packet, nil)
}

// Rollovers is how often the sequence numbers of the stream have started over.
func (s *Sealer) Rollovers(ssrc uint32) uint32 {
	n, _ := s.ctx.ROC(ssrc)
	return n
}

// Began says that packets of the stream were sealed by this key.
func (s *Sealer) Began(ssrc uint32) bool {
	_, ok := s.ctx.ROC(ssrc)
	return ok
}

// Follow begins the stream at a count of rollovers.
func (s *Sealer) Follow(ssrc, rollovers uint32) { s.ctx.SetROC(ssrc, rollovers) }
