package rtp

import (
	"reflect"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

var voip = VoIPMetrics{
	SSRC: 2, Loss: 13.0 / 256, Discard: 2.0 / 256, BurstDensity: 128.0 / 256, GapDensity: 1.0 / 256,
	BurstDuration: 140 * time.Millisecond, GapDuration: 4200 * time.Millisecond, RoundTrip: 45 * time.Millisecond, EndSystem: 80 * time.Millisecond,
	SignalLevel: -21, NoiseLevel: -60, EchoLoss: Unavailable, Gmin: Gmin, R: 82, ExternalR: Unavailable, MOSLQ: 4.1, MOSCQ: 3.9,
	Concealment: ConcealmentStandard, Adaptive: true, Rate: 3,
	Nominal: 40 * time.Millisecond, Maximum: 60 * time.Millisecond, Absolute: 400 * time.Millisecond,
}

func TestExtendedReportRoundTrip(t *testing.T) {
	for name, x := range map[string]*XR{
		"voice":            {VoIP: []VoIPMetrics{voip}},
		"a reference":      {Reference: 0x1122334455667788},
		"answers":          {Answers: []Answer{{1, 2, 3}, {4, 5, 6}}},
		"all that we know": {Reference: 7, Answers: []Answer{{1, 2, 3}}, VoIP: []VoIPMetrics{voip}},
	} {
		r := Report{SSRC: 1, CNAME: "a@b", Blocks: []Block{{SSRC: 2}}, Extended: x, Bye: true, Left: []uint32{1}}
		raw, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseReport(raw)
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%s: %v\n got %+v %+v\nwant %+v %+v", name, err, got, got.Extended, r, x)
		}
	}
}

// Another implementation reads ours, and we read its.
func TestExtendedReportOfPion(t *testing.T) {
	raw := appendXR(nil, 1, &XR{Reference: 99, Answers: []Answer{{1, 2, 3}}, VoIP: []VoIPMetrics{voip}})
	var x rtcp.ExtendedReport
	if err := x.Unmarshal(raw); err != nil {
		t.Fatal(err)
	}
	if len(x.Reports) != 3 || x.SenderSSRC != 1 {
		t.Fatalf("%+v", x)
	}
	m, ok := x.Reports[2].(*rtcp.VoIPMetricsReportBlock)
	if !ok || m.SSRC != 2 || m.LossRate != 13 || m.DiscardRate != 2 || m.BurstDensity != 128 || m.BurstDuration != 140 ||
		m.RoundTripDelay != 45 || m.EndSystemDelay != 80 || int8(m.SignalLevel) != -21 || m.Gmin != 16 || m.RFactor != 82 ||
		m.MOSLQ != 41 || m.MOSCQ != 39 || m.RXConfig != 3<<6|3<<4|3 || m.JBNominal != 40 || m.JBMaximum != 60 || m.JBAbsMax != 400 {
		t.Errorf("%+v", m)
	}
	again, err := x.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseReport(again)
	if err != nil || r.SSRC != 1 || r.Extended == nil || r.Extended.Reference != 99 || !reflect.DeepEqual(r.Extended.VoIP, []VoIPMetrics{voip}) {
		t.Errorf("%v %+v", err, r.Extended)
	}
}

func TestExtendedReportsThatAreBroken(t *testing.T) {
	whole := appendXR(nil, 1, &XR{Reference: 99, VoIP: []VoIPMetrics{voip}})
	long := append([]byte(nil), whole...)
	long[10], long[11] = 255, 255 // a block beyond the end
	r, err := ParseReport(long)
	if err != nil || r.Extended.Reference != 0 || len(r.Extended.VoIP) != 0 {
		t.Errorf("%v %+v", err, r.Extended)
	}
	if _, err := ParseReport(whole[:len(whole)-4]); err == nil {
		t.Error("a packet that is cut off")
	}
	if _, err := ParseReport([]byte{0x80, 207, 0, 0}); err == nil {
		t.Error("a packet without a source")
	}
	var many XR
	for range 100 {
		many.Answers = append(many.Answers, Answer{SSRC: 1})
		many.VoIP = append(many.VoIP, voip)
	}
	r, err = ParseReport(appendXR(nil, 1, &many))
	if err != nil || len(r.Extended.Answers) != maxBlocks || len(r.Extended.VoIP) != maxBlocks {
		t.Errorf("%v: %d and %d blocks of hundred are kept", err, len(r.Extended.Answers), len(r.Extended.VoIP))
	}
}

func TestRoundTripOfAReceiver(t *testing.T) {
	now := time.Unix(1000, 0)
	var l LastReference
	if _, ok := l.Answer(now); ok {
		t.Error("an answer to nothing")
	}
	l.Note(7, NTP(now), now.Add(10*time.Millisecond))
	a, ok := l.Answer(now.Add(510 * time.Millisecond))
	if !ok || a.SSRC != 7 || a.Delay != 65536/2 {
		t.Errorf("%+v", a)
	}
	x := &XR{Answers: []Answer{a}}
	d, ok := x.RTT(7, now.Add(530*time.Millisecond))
	if !ok || d < 29*time.Millisecond || d > 31*time.Millisecond {
		t.Errorf("round trip %v %v", d, ok)
	}
	if _, ok := x.RTT(8, now); ok {
		t.Error("an answer to somebody else")
	}
}

func FuzzExtendedReport(f *testing.F) {
	f.Add(appendXR(nil, 1, &XR{Reference: 99, Answers: []Answer{{1, 2, 3}}, VoIP: []VoIPMetrics{voip}}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseReport(raw)
		if err != nil || r.Extended == nil {
			return
		}
		for _, m := range r.Extended.VoIP {
			if m.MOSLQ < 0 || m.MOSLQ > 5 || m.Loss > 1 || !m.Known() {
				t.Fatalf("%+v", m)
			}
		}
		// What was read is written so that it is read as the same.
		again, err := ParseReport(appendXR(nil, r.SSRC, r.Extended))
		if err == nil && !reflect.DeepEqual(again.Extended, r.Extended) {
			t.Fatalf("%+v\n%+v", again.Extended, r.Extended)
		}
	})
}
