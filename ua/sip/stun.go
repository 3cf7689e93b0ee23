package sip

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
)

// STUN on the SIP socket is 20 bytes of header and one attribute (RFC 5389): all that the
// keep-alive of RFC 5626, section 3.5.2, takes. Package nat has the rest of STUN.
//
//	 0                   2                4              8                 20
//	| 00 + type (14 bit) | length of rest | magic cookie | transaction id  | attributes

const (
	stunHeader  = 20
	stunCookie  = 0x2112A442
	stunRequest = 0x0001
	stunSuccess = 0x0101
	stunXMapped = 0x0020 // XOR-MAPPED-ADDRESS
)

// stunID is a STUN transaction's.
type stunID [12]byte

func newSTUNID() (id stunID) {
	_, _ = rand.Read(id[:]) // never fails
	return id
}

// isSTUN tells STUN from SIP, whose messages start with a letter.
func isSTUN(b []byte) bool {
	return len(b) >= stunHeader && b[0]>>6 == 0 && binary.BigEndian.Uint32(b[4:]) == stunCookie &&
		int(binary.BigEndian.Uint16(b[2:])) == len(b)-stunHeader && len(b)%4 == 0
}

func stunHead(kind, length uint16, id stunID) []byte {
	b := make([]byte, 0, stunHeader+int(length))
	b = binary.BigEndian.AppendUint16(b, kind)
	b = binary.BigEndian.AppendUint16(b, length)
	b = binary.BigEndian.AppendUint32(b, stunCookie)
	return append(b, id[:]...)
}

// bindingRequest asks a peer where it sees us.
func bindingRequest(id stunID) []byte { return stunHead(stunRequest, 0, id) }

// bindingSuccess tells a peer where we see it.
func bindingSuccess(id stunID, at netip.AddrPort) []byte {
	raw := at.Addr().Unmap().AsSlice()
	family := byte(1)
	if len(raw) == 16 {
		family = 2
	}
	b := stunHead(stunSuccess, uint16(8+len(raw)), id)
	b = binary.BigEndian.AppendUint16(b, stunXMapped)
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(raw)))
	b = append(b, 0, family)
	b = binary.BigEndian.AppendUint16(b, at.Port()^(stunCookie>>16))
	for i, x := range raw {
		b = append(b, x^stunMask(b, i))
	}
	return b
}

// stunMask is the byte that an address is XORed with: the cookie, then the id.
func stunMask(header []byte, i int) byte { return header[4+i] }

// parseSTUN reads a STUN message: its type, its transaction, and XOR-MAPPED-ADDRESS if
// it has a sound one.
func parseSTUN(b []byte) (kind uint16, id stunID, at netip.AddrPort, ok bool) {
	if !isSTUN(b) {
		return 0, id, at, false
	}
	kind = binary.BigEndian.Uint16(b)
	copy(id[:], b[8:stunHeader])
	for rest := b[stunHeader:]; len(rest) >= 4; {
		name, n := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		padded := 4 + (n+3)/4*4
		if padded > len(rest) {
			break
		}
		if value := rest[4 : 4+n]; name == stunXMapped && (n == 8 && value[1] == 1 || n == 20 && value[1] == 2) {
			raw := make([]byte, n-4)
			for i := range raw {
				raw[i] = value[4+i] ^ stunMask(b, i)
			}
			addr, _ := netip.AddrFromSlice(raw)
			at = netip.AddrPortFrom(addr.Unmap(), binary.BigEndian.Uint16(value[2:])^(stunCookie>>16))
		}
		rest = rest[padded:]
	}
	return kind, id, at, true
}

// onSTUN answers a binding request, and takes the answer to ours.
func (e *Endpoint) onSTUN(raw []byte, from source) {
	kind, id, at, ok := parseSTUN(raw)
	if !ok {
		return
	}
	switch kind {
	case stunRequest:
		e.stats.keepAlives.Add(1)
		if err := e.writeKeepAlive(from.remote, bindingSuccess(id, from.remote)); err != nil {
			e.log.Debug("can't answer a STUN request", "to", from.remote, "err", err)
		}
	case stunSuccess:
		e.mu.Lock()
		ch := e.bindings[id]
		e.mu.Unlock()
		if ch != nil {
			select {
			case ch <- at:
			default:
			}
		}
	}
}
