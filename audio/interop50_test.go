package audio

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"offhook/audio/dtmf"
	"offhook/codec/g711"
	"offhook/codec/opus"
)

// eventPacket is a telephone-event of RFC 4733.
func eventPacket(pt uint8, seq uint16, stamp uint32, code, flags byte, duration uint16) []byte {
	return packet(pt, seq, stamp, 77, binary.BigEndian.AppendUint16([]byte{code, flags}, duration))
}

// Row 50: a peer may send events by any of the payload types that we offered, each with its
// own clock, and change the codec while a digit sounds.
func TestInterop50EventsAtEachClockAndOverACodecChange(t *testing.T) {
	b := newKeeper(t)
	p := talk(far, opus.Codec{}, 96)
	p.Decode = append(p.Decode, Format{PT: 0, Codec: g711.PCMU{}})
	p.EventRecv = []EventFormat{{PT: 101, Clock: 48000}, {PT: 102, Clock: 8000}}
	b.apply(p, b.now)
	seq, stamp := uint16(1), uint32(100000)
	speak := func() {
		for range 3 {
			b.take(packet(0, seq, stamp, 77, slices.Repeat([]byte{0x55}, 160)), far)
			seq, stamp = seq+1, stamp+160
			b.tick()
		}
	}
	press := func(pt uint8, code byte, step uint16, change func(int)) {
		for i := range 8 {
			flags, n := byte(10), min(i+1, 6)
			if i >= 5 {
				flags |= 0x80
			}
			b.take(eventPacket(pt, seq, stamp, code, flags, uint16(n)*step), far)
			seq++
			b.tick()
			change(i)
		}
		stamp += 8 * 160
	}
	speak()
	press(101, 1, 960, func(int) {})
	press(102, 2, 160, func(int) {})
	// In the middle of the third the session moves to PCMU, with other numbers.
	press(102, 3, 160, func(i int) {
		if i == 2 {
			q := talk(far, g711.PCMU{}, 0)
			q.EventRecvPT, q.EventRecv = 102, []EventFormat{{PT: 102, Clock: 8000}}
			b.apply(q, b.now)
		}
	})
	speak()
	got := ""
	for _, d := range eventsOf[DigitReceived](b) {
		got += string(d.Digit)
		if d.Duration != 120*time.Millisecond || d.Inband {
			t.Errorf("%+v", d)
		}
	}
	if got != "123" {
		t.Errorf("heard %q", got)
	}
}

// A digit of ours that sounds while the codec, and with it the stream, changes is ended in
// the old stream, three times; those that wait go out in the new one.
func TestInterop50OurDigitsOverACodecChange(t *testing.T) {
	b := newKeeper(t)
	p := talk(far, g711.PCMU{}, 0)
	b.apply(p, b.now)
	b.s.SendDTMF("12", DTMFRFC4733)
	b.s.mail.run()
	for range 3 {
		b.tick()
	}
	q := talk(far, opus.Codec{}, 96)
	q.EventSendPT, q.EventRecvPT = 103, 103
	b.apply(q, b.now)
	for range 20 {
		b.tick()
	}
	heard, ends := "", map[string]int{}
	receivers := map[uint8]*dtmf.Receiver{101: dtmf.NewReceiver(8000), 103: dtmf.NewReceiver(48000)}
	for _, raw := range b.sent {
		pkt := parse(t, raw)
		r := receivers[pkt.PayloadType]
		if r == nil {
			continue
		}
		r.Put(pkt.Timestamp, pkt.Payload, b.now)
		if pkt.Payload[1]&0x80 != 0 {
			ends[string(dtmf.Digits[pkt.Payload[0]])]++
		}
		for d, ok := r.Next(); ok; d, ok = r.Next() {
			heard += string(d.Code)
		}
	}
	if heard != "12" || ends["1"] != 3 || ends["2"] != 3 {
		t.Errorf("the peer hears %q, ends %v", heard, ends)
	}
	told := ""
	for _, d := range eventsOf[DigitSent](b) {
		told += string(d.Digit)
	}
	if told != "12" {
		t.Errorf("told %q", told)
	}
}
