package event

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func qualityReport() QualityReport {
	m := NoMetrics()
	m.Start, m.Stop = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2026, 1, 2, 3, 5, 5, 0, time.UTC)
	m.PayloadType, m.Codec, m.ClockRate, m.FrameMS, m.Rate, m.Fmtp, m.Concealment = 111, "opus", 48000, 20, 50, "useinbandfec=1; stereo=0", 2
	m.BufferKind, m.BufferNominal, m.BufferMax, m.BufferAbsolute = 3, 40, 60, 400
	m.NetworkLoss, m.Discarded, m.BurstLoss, m.BurstMS, m.GapLoss, m.GapMS, m.Gmin = 1.25, 0.5, 40, 120, 0.25, 8000, 16
	m.RoundTripMS, m.EndSystemMS, m.OneWayMS, m.JitterMS = 42, 80, 101, 3.5
	m.RListening, m.RConversation, m.MOSLQ, m.MOSCQ, m.Algorithm = 85, 82, 4.2, 4.1, "G.107"
	remote := NoMetrics()
	remote.Start, remote.Stop, remote.MOSLQ, remote.Gmin = m.Start, m.Stop, 3.9, 16
	return QualityReport{
		CallID: "abc@host", LocalID: `"Alice" <sip:alice@example.org>`, RemoteID: "<sip:bob@example.net>", OrigID: "<sip:alice@example.org>",
		LocalAddr: netip.MustParseAddrPort("192.0.2.1:4000"), RemoteAddr: netip.MustParseAddrPort("[2001:db8::2]:5002"), LocalSSRC: 0x1a3b5c7d, RemoteSSRC: 7,
		LocalGroup: "office", RemoteGroup: "none", Local: m, Remote: &remote, DialogID: "abc@host;to-tag=1;from-tag=2",
	}
}

func TestQualityReportRoundTrip(t *testing.T) {
	want := qualityReport()
	text := want.Format()
	got, err := ParseQualityReport(text)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n got %+v\nwant %+v\n%s", err, got, want, text)
	}
	for _, line := range []string{
		"VQSessionReport: CallTerm\r\nCallID: abc@host\r\n",
		"LocalAddr: IP=192.0.2.1 PORT=4000 SSRC=0x1a3b5c7d\r\n",
		"LocalMetrics:\r\nTimestamps: START=2026-01-02T03:04:05Z STOP=2026-01-02T03:05:05Z\r\n",
		`SessionDesc: PT=111 PD=opus SR=48000 FD=20 PPS=50 FMTP="useinbandfec=1; stereo=0" PLC=2` + "\r\n",
		"PacketLoss: NLR=1.25 JDR=0.50\r\n",
		"BurstGapLoss: BLD=40.00 BD=120 GLD=0.25 GD=8000 GMIN=16\r\n",
		"QualityEst: RLQ=85 RCQ=82 MOSLQ=4.2 MOSCQ=4.1 QoEEstAlg=G.107\r\n",
	} {
		if !strings.Contains(string(text), line) {
			t.Errorf("without %q:\n%s", line, text)
		}
	}
}

// The example of RFC 6035, section 4.7.1, in its own order of lines.
func TestQualityReportOfTheRFC(t *testing.T) {
	r, err := ParseQualityReport([]byte(strings.Join([]string{
		"VQSessionReport : CallTerm", "CallID: 6dg37f1890463", "LocalID: Alice <sip:alice@example.org>", "RemoteID: Bill <sip:bill@example.net>",
		"OrigID: Alice <sip:alice@example.org>", "LocalGroup: example-phone-55671", "RemoteGroup: example-gateway-09871",
		"LocalAddr: IP=10.10.1.100 PORT=5000 SSRC=1a3b5c7d", "LocalMAC: 00:1f:5b:cc:21:0f", "RemoteAddr:IP=11.1.1.150 PORT=5002 SSRC=0x2468abcd",
		"LocalMetrics:", "Timestamps:START=2004-10-10T18:23:43Z STOP=2004-10-01T18:26:02Z",
		`SessionDesc:PT=18 PD=G729 SR=8000 FD=20 FO=20 FPP=2 PPS=50 FMTP="annexb=no" PLC=3 SSUP=on`,
		"JitterBuffer:JBA=3 JBR=2 JBN=40 JBM=80 JBX=120", "PacketLoss:NLR=5.0 JDR=2.0", "BurstGapLoss:BLD=0 BD=0 GLD=2.0 GD=500 GMIN=16",
		"Delay:RTD=200 ESD=140 SOWD=200 IAJ=2 MAJ=10", "Signal:SL=-18 NL=-50 RERL=55",
		"QualityEst:RLQ=88 RCQ=85 EXTRI=90 MOSLQ=4.1 MOSCQ=4.0 QoEEstAlg=P.564", "DialogID:38419823470834;to-tag=8472761;from-tag=9123dh311",
	}, "\r\n")))
	if err != nil || r.CallID != "6dg37f1890463" || r.LocalSSRC != 0x1a3b5c7d || r.RemoteSSRC != 0x2468abcd || r.Remote != nil ||
		r.Local.NetworkLoss != 5 || r.Local.MOSCQ != 4 || r.Local.Fmtp != "annexb=no" || r.Local.RoundTripMS != 200 || r.LocalGroup != "example-phone-55671" {
		t.Errorf("%v %+v", err, r)
	}
}

func TestQualityReportRefuses(t *testing.T) {
	for _, body := range []string{"", "hello", "VQAlertReport: Type=NLR\r\nCallID: x", "VQSessionReport: CallTerm\r\nLocalID: x", strings.Repeat("x", maxQualityReport+1)} {
		if r, err := ParseQualityReport([]byte(body)); !errors.Is(err, ErrBody) || !reflect.DeepEqual(r, QualityReport{}) {
			t.Errorf("%.40q: %v %+v", body, err, r)
		}
	}
	// Nobody's name can add a line.
	r := qualityReport()
	r.RemoteID = "x\r\nCallID: other"
	if got, err := ParseQualityReport(r.Format()); err != nil || got.CallID != "abc@host" {
		t.Errorf("%v %+v", err, got)
	}
}

func FuzzQualityReport(f *testing.F) {
	f.Add(qualityReport().Format())
	f.Add([]byte("VQSessionReport:\nCallID:x\nLocalMetrics:\nDelay:RTD=1e9 IAJ=NaN\nSessionDesc:FMTP=\"a"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ParseQualityReport(body)
		if err != nil {
			if !errors.Is(err, ErrBody) || !reflect.DeepEqual(r, QualityReport{}) {
				t.Fatalf("%v %+v", err, r)
			}
			return
		}
		text := r.Format()
		again, err := ParseQualityReport(text)
		if err != nil || string(again.Format()) != string(text) {
			t.Fatalf("%v\n%s\n%s", err, text, again.Format())
		}
	})
}
