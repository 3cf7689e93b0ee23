package ua

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"offhook/audio"
)

// fakeMedia is a media plane without sockets. It notes what it is asked.
type fakeMedia struct {
	mu       sync.Mutex
	sessions []*fakeSession
	focus    *fakeSession
	members  []*fakeSession
	cut      bool
	tones    []audio.Tone
	rings    []string
	openErr  error
	hold     chan struct{} // Open waits for it when not nil
	port     uint16
}

func (m *fakeMedia) Open(ctx context.Context, o audio.OpenOptions) (MediaSession, error) {
	if m.hold != nil {
		select {
		case <-m.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if o.Probe != nil {
		if err := probeLoopback(ctx, o.Probe); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.openErr != nil {
		return nil, m.openErr
	}
	m.port += 2
	s := &fakeSession{local: netip.AddrPortFrom(o.Local, 40000+m.port), on: o.OnEvent}
	m.sessions = append(m.sessions, s)
	return s, nil
}

// probeLoopback lends a probe a real socket, as the engine does.
func probeLoopback(ctx context.Context, probe func(context.Context, audio.ProbeConn) error) error {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer c.Close()
	return probe(ctx, c)
}

func (m *fakeMedia) Focus(s MediaSession) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.focus, _ = s.(*fakeSession)
	m.members = nil
}

func (m *fakeMedia) Conference(members []MediaSession, muted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.focus, m.members, m.cut = nil, nil, muted
	for _, s := range members {
		m.members = append(m.members, s.(*fakeSession))
	}
}

// conference is who has the audio together, and whether the microphone is cut.
func (m *fakeMedia) conference() ([]*fakeSession, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.members, m.cut
}

func (m *fakeMedia) RecordConference(path string, _ audio.RecordOptions, tell func(audio.Event)) error {
	tell(audio.RecordStarted{Path: path})
	tell(audio.RecordEnded{Path: path, Duration: 2 * time.Second, Err: audio.ErrSlowDisk})
	return nil
}

func (m *fakeMedia) StopRecordConference() {}

func (m *fakeMedia) Tone(t audio.Tone) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tones = append(m.tones, t)
}

func (m *fakeMedia) Ring(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rings = append(m.rings, name)
}

// toneAndRing waits for nothing: it is what the media plane was told so far.
func (m *fakeMedia) toneAndRing() (tones []audio.Tone, rings []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append(tones, m.tones...), append(rings, m.rings...)
}

func (m *fakeMedia) session(i int) *fakeSession {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i >= len(m.sessions) {
		return nil
	}
	return m.sessions[i]
}

func (m *fakeMedia) focused() *fakeSession {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.focus
}

func (m *fakeMedia) lastTone() audio.Tone {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.tones) == 0 {
		return audio.ToneNone
	}
	return m.tones[len(m.tones)-1]
}

func (m *fakeMedia) open() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, s := range m.sessions {
		if !s.isClosed() {
			n++
		}
	}
	return n
}

// fakeSession notes what it is given.
type fakeSession struct {
	on func(audio.Event)

	mu       sync.Mutex
	local    netip.AddrPort
	params   []audio.Params
	muted    bool
	digits   string
	mode     audio.DTMFMode
	closed   bool
	echo     bool
	played   string
	music    string
	measured audio.Stats
	routes   []audio.Route
	attends  bool
	out      []fakeDatagram // by SendDatagram
	in       []fakeDatagram // by Deliver

	recording string
	recorded  audio.RecordOptions
	disk      chan struct{} // Close ends the recording once it is closed; nil leaves that out
}

func (s *fakeSession) LocalAddr() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.local
}

// Move is MovableSession's: the port tells that the sockets are others.
func (s *fakeSession) Move(ctx context.Context, local netip.Addr, probe func(context.Context, audio.ProbeConn) error) error {
	if probe != nil {
		if err := probeLoopback(ctx, probe); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.local = netip.AddrPortFrom(local, s.local.Port()+1000)
	return nil
}

func (s *fakeSession) Apply(p audio.Params) {
	s.mu.Lock()
	before := audio.Params{}
	if len(s.params) > 0 {
		before = s.params[len(s.params)-1]
	}
	s.params = append(s.params, p)
	s.mu.Unlock()
	if sdes, ok := p.Security.(audio.SDES); ok && !audio.SameSecurity(before.Security, sdes) {
		s.on(audio.Secured{Exchange: audio.ExchangeSDES, Suite: sdes.Suite})
	}
}

// fakeDatagram is what went to an address, or came from there.
type fakeDatagram struct {
	raw  []byte
	peer netip.AddrPort
}

func (s *fakeSession) SendDatagram(raw []byte, to netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = append(s.out, fakeDatagram{slices.Clone(raw), to})
	return nil
}

func (s *fakeSession) Deliver(raw []byte, from netip.AddrPort, _ time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in = append(s.in, fakeDatagram{slices.Clone(raw), from})
}

func (s *fakeSession) Attentive(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attends = on
}

func (s *fakeSession) SetRoute(r audio.Route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routes = append(s.routes, r)
}

func (s *fakeSession) SetMuted(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.muted = on
}

func (s *fakeSession) SendDTMF(digits string, mode audio.DTMFMode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.digits += digits
	s.mode = mode
}

func (s *fakeSession) Play(path string, _ audio.PlayOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.played = path
	return nil
}
func (s *fakeSession) StopPlay() {}

func (s *fakeSession) Music(path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.music = path
	return nil
}

func (s *fakeSession) StopMusic() { _ = s.Music("") }

func (s *fakeSession) hums() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.music
}

// Record starts at once, under the name that was asked for.
func (s *fakeSession) Record(path string, o audio.RecordOptions) error {
	s.mu.Lock()
	s.recording, s.recorded = path, o
	s.mu.Unlock()
	s.on(audio.RecordStarted{Path: path})
	return nil
}

func (s *fakeSession) StopRecord() {
	s.mu.Lock()
	path := s.recording
	s.recording = ""
	s.mu.Unlock()
	s.on(audio.RecordEnded{Path: path, Duration: time.Second})
}

func (s *fakeSession) SetEcho(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.echo = on
}

func (s *fakeSession) Stats() audio.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.measured
	out.PacketsSent++
	return out
}

// measure sets what Stats tells from now on.
func (s *fakeSession) measure(m audio.Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.measured = m
}

func (s *fakeSession) Levels() audio.Levels { return audio.Levels{Mic: -20, Ear: -30} }

func (s *fakeSession) Close() error {
	s.mu.Lock()
	s.closed = true
	disk := s.disk
	s.mu.Unlock()
	if disk != nil {
		<-disk
		s.StopRecord()
	}
	return nil
}

func (s *fakeSession) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// last is what the session was last told; ok is false when it was told nothing.
func (s *fakeSession) last() (p audio.Params, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.params) == 0 {
		return audio.Params{}, false
	}
	return s.params[len(s.params)-1], true
}

// given tells for each Apply whether the session may send.
func (s *fakeSession) given() (sends []bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.params {
		sends = append(sends, p.Send)
	}
	return sends
}
