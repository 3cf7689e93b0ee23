package trace

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	here  = netip.MustParseAddrPort("192.0.2.1:5060")
	there = netip.MustParseAddrPort("192.0.2.2:5070")
	six   = netip.MustParseAddrPort("[2001:db8::1]:5060")
	noon  = time.Date(2026, 1, 2, 12, 0, 0, 123456000, time.UTC)
)

func record(kind Kind, dir Direction, transport, raw string) Record {
	return Record{Time: noon, Kind: kind, Dir: dir, Transport: transport, Local: here, Remote: there, Raw: []byte(raw)}
}

func TestRing(t *testing.T) {
	r := NewRing(3)
	ch, cancel := r.Subscribe(2)
	buf := []byte("1")
	for i := range 5 {
		buf[0] = byte('1' + i)
		r.Trace(Record{Kind: SIP, Raw: buf}) // the ring has to copy
		r.Trace(Record{Kind: RTP, Raw: buf})
	}
	got := ""
	for _, rec := range r.Snapshot() {
		got += string(rec.Raw)
	}
	if got != "345" {
		t.Errorf("the ring holds %s", got)
	}
	if a, b := string((<-ch).Raw), string((<-ch).Raw); a+b != "12" {
		t.Errorf("the reader that lags got %s%s", a, b)
	}
	cancel()
	cancel()
	if _, open := <-ch; open {
		t.Error("the channel is open after cancel")
	}
	r.Trace(Record{Kind: SIP})
	media := NewRing(1, RTP)
	media.Trace(Record{Kind: SIP})
	if len(media.Snapshot()) != 0 {
		t.Error("a ring of RTP took a SIP message")
	}
}

func TestFan(t *testing.T) {
	a, b := NewRing(1), NewRing(1)
	if NewFan(nil, nil) != nil || NewFan(a, nil) != Sink(a) {
		t.Error("a fan of none or one")
	}
	NewFan(a, nil, b).Trace(Record{Kind: SIP})
	if len(a.Snapshot()) != 1 || len(b.Snapshot()) != 1 {
		t.Error("a sink was left out")
	}
}

func TestSIPLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sip.log")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := CreateSIPLog(path)
	if err != nil {
		t.Fatal(err)
	}
	l.Trace(record(SIP, Out, "UDP", "OPTIONS sip:a@b SIP/2.0\r\nSubject: Grüße\r\n\r\n"))
	l.Trace(record(RTP, Out, "UDP", "media"))
	bad := record(Malformed, In, "TCP", "\x1b[2J\x00\u009bx\xff")
	bad.Note = "no \x07 way"
	l.Trace(bad)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l.Trace(bad) // after Close: dropped, no panic
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := "=== 2026-01-02 12:00:00.123456 UDP 192.0.2.1:5060 --> 192.0.2.2:5070, 45 bytes\n" +
		"OPTIONS sip:a@b SIP/2.0\nSubject: Grüße\n\n\n" +
		"=== 2026-01-02 12:00:00.123456 TCP 192.0.2.1:5060 <-- 192.0.2.2:5070, 9 bytes, malformed: no \\x07 way\n" +
		"\\x1b[2J\\x00\\xc2\\x9bx\\xff\n\n"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
}

// samples are one record of each form that a packet can take.
func samples() []Record {
	v6 := record(SIP, In, "UDP", "v6")
	v6.Local, v6.Remote = six, six
	mixed := record(SIP, In, "UDP", "mixed")
	mixed.Remote = six
	unknown := record(RTCP, Out, "UDP", "odd")
	unknown.Local, unknown.Remote = netip.AddrPort{}, netip.AddrPort{}
	return []Record{
		record(SIP, Out, "UDP", "OPTIONS sip:a@b SIP/2.0\r\n\r\n"),
		record(RTP, In, "UDP", strings.Repeat("r", 172)), v6, mixed, unknown,
		record(SIP, Out, "TCP", "first"), record(SIP, In, "TCP", "reply"), record(SIP, Out, "TCP", "second"),
		record(Malformed, In, "TLS", strings.Repeat("x", 70001)),
		record(SIP, In, "UDP", ""),
	}
}

func writePcap(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.pcap")
	p, err := CreatePcap(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range samples() {
		p.Trace(r)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// The packets are taken apart by gopacket, which checks lengths and checksums.
func TestPcap(t *testing.T) {
	f, err := os.Open(writePcap(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r, err := pcapgo.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		data, info, err := r.ReadPacketData()
		if err != nil {
			break
		}
		if !info.Timestamp.Equal(noon) {
			t.Errorf("time %v", info.Timestamp)
		}
		first := gopacket.Decoder(layers.LayerTypeIPv4)
		if data[0]>>4 == 6 {
			first = layers.LayerTypeIPv6
		}
		p := gopacket.NewPacket(data, first, gopacket.Default)
		if e := p.ErrorLayer(); e != nil {
			t.Fatal(e.Error())
		}
		if l, ok := p.TransportLayer().(interface {
			SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
		}); !ok || l.SetNetworkLayerForChecksum(p.NetworkLayer()) != nil {
			t.Fatal("no checksum to verify")
		}
		if err, mismatches := p.VerifyChecksums(); err != nil || len(mismatches) != 0 {
			t.Errorf("checksums: %v %v", err, mismatches)
		}
		s := p.NetworkLayer().NetworkFlow().String() + " " + p.TransportLayer().TransportFlow().String()
		if tcp, ok := p.TransportLayer().(*layers.TCP); ok {
			s += fmt.Sprintf(" tcp %d/%d", tcp.Seq, tcp.Ack)
		}
		n := len(p.TransportLayer().LayerPayload())
		got = append(got, fmt.Sprintf("%s %d bytes", s, n))
	}
	want := []string{
		"192.0.2.1->192.0.2.2 5060->5070 27 bytes",
		"192.0.2.2->192.0.2.1 5070->5060 172 bytes",
		"2001:db8::1->2001:db8::1 5060->5060 2 bytes",
		"2001:db8::1->::ffff:192.0.2.1 5060->5060 5 bytes",
		"0.0.0.0->0.0.0.0 0->0 3 bytes",
		"192.0.2.1->192.0.2.2 5060->5070 tcp 1/1 5 bytes",
		"192.0.2.2->192.0.2.1 5070->5060 tcp 1/6 5 bytes",
		"192.0.2.1->192.0.2.2 5060->5070 tcp 6/6 6 bytes",
		"192.0.2.2->192.0.2.1 5070->5060 tcp 6/12 60000 bytes",
		"192.0.2.2->192.0.2.1 5070->5060 tcp 60006/12 10001 bytes",
		"192.0.2.2->192.0.2.1 5070->5060 0 bytes",
	}
	if len(got) != len(want) {
		t.Fatalf("%d packets: %q", len(got), got)
	}
	for i := range want {
		// gopacket writes a mapped address without its prefix.
		if strings.ReplaceAll(got[i], "::ffff:", "") != strings.ReplaceAll(want[i], "::ffff:", "") {
			t.Errorf("packet %d: %s, want %s", i, got[i], want[i])
		}
	}
}

func TestPcapByTcpdump(t *testing.T) {
	tcpdump, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump isn't installed")
	}
	out, err := exec.Command(tcpdump, "-nn", "-vv", "-r", writePcap(t)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if bytes.Contains(out, []byte("bad ")) || bytes.Contains(out, []byte("incorrect")) || bytes.Contains(out, []byte("truncated")) ||
		!bytes.Contains(out, []byte("192.0.2.1.5060 > 192.0.2.2.5070: [udp sum ok] SIP")) {
		t.Errorf("tcpdump isn't happy:\n%s", out)
	}
}

// What is in the file at any moment is whole records: nothing waits for Close.
func TestPcapIsAlwaysReadable(t *testing.T) {
	w := &recorder{wrote: make(chan int, 10)}
	p := NewPcap(w)
	p.Trace(record(SIP, Out, "UDP", "one"))
	for n := 24 + 16 + 28 + 3; n > 0; {
		n -= <-w.wrote
	}
	p.Trace(record(SIP, Out, "UDP", "two"))
	if got := <-w.wrote; got != 16+28+3 {
		t.Errorf("%d bytes in a write", got)
	}
	if err := p.Close(); err != nil || !w.closed {
		t.Errorf("%v, closed %v", err, w.closed)
	}
}

type recorder struct {
	wrote  chan int
	closed bool
	err    error
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.wrote != nil {
		w.wrote <- len(b)
	}
	return len(b), w.err
}
func (w *recorder) Close() error { w.closed = true; return nil }

func TestDiskErrors(t *testing.T) {
	full := errors.New("disk full")
	l := NewSIPLog(&recorder{err: full})
	l.Trace(record(SIP, Out, "UDP", "x"))
	if err := l.Close(); !errors.Is(err, full) {
		t.Errorf("Close says %v", err)
	}
	if _, err := CreateSIPLog(filepath.Join(t.TempDir(), "no", "such")); err == nil || !strings.Contains(err.Error(), "SIP log") {
		t.Error(err)
	}
	if _, err := CreatePcap(t.TempDir()); err == nil || !strings.Contains(err.Error(), "capture") {
		t.Error(err)
	}
	// A disk that stalls costs records, not memory, and Close says so.
	block := make(chan int)
	slow := NewSIPLog(&recorder{wrote: block})
	big := record(SIP, In, "TCP", strings.Repeat("x", 1<<20))
	for range 60 {
		slow.Trace(big)
	}
	go func() {
		for range block {
			continue
		}
	}()
	err := slow.Close()
	close(block)
	if err == nil || !strings.Contains(err.Error(), "were lost") {
		t.Errorf("Close says %v", err)
	}
}

func TestConcurrent(t *testing.T) {
	dir := t.TempDir()
	p, err := CreatePcap(filepath.Join(dir, "p"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := CreateSIPLog(filepath.Join(dir, "l"))
	if err != nil {
		t.Fatal(err)
	}
	ring := NewRing(10)
	fan := NewFan(p, l, ring)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				for _, r := range samples()[:3] {
					fan.Trace(r)
				}
				ring.Snapshot()
			}
		})
	}
	wg.Wait()
	if err := errors.Join(p.Close(), l.Close(), p.Close()); err != nil {
		t.Error(err)
	}
	st, err := os.Stat(filepath.Join(dir, "p"))
	want := int64(24 + 800*(16+28+27+16+28+172+16+48+2))
	if err != nil || st.Size() != want {
		t.Errorf("%d bytes in the capture, want %d", st.Size(), want)
	}
}

// Media packets are traced from the media loop: nothing may be allocated there.
func TestPcapAllocations(t *testing.T) {
	p := NewPcap(&recorder{})
	defer func() { _ = p.Close() }()
	r := record(RTP, Out, "UDP", strings.Repeat("r", 172))
	for range 10000 { // let the buffers grow
		p.Trace(r)
	}
	if n := testing.AllocsPerRun(1000, func() { p.Trace(r) }); n > 0.1 {
		t.Errorf("%v allocations per packet", n)
	}
}

func BenchmarkPcapRTP(b *testing.B) {
	p := NewPcap(&recorder{})
	defer func() { _ = p.Close() }()
	r := record(RTP, Out, "UDP", strings.Repeat("r", 172))
	b.ReportAllocs()
	for b.Loop() {
		p.Trace(r)
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("INVITE\r\n\x1b]0;x\x07\xc2\x9b"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, r := range string(appendSafe(nil, raw)) {
			if r != '\n' && r != '\t' && (r < ' ' || r >= 0x7f && r < 0xa0) {
				t.Fatalf("%U gets through from %q", r, raw)
			}
		}
	})
}
