package main

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"offhook/ua/trace"
)

// traces are the takers of what goes over the wire, and the files to close.
type traces struct {
	fan   trace.Sink
	files []io.Closer
	// media says that packets of audio are wanted too.
	media bool
	// secrets says what the takers see of passwords' hashes and keys.
	secrets trace.Secrets
}

// openTraces opens what --sip-log and --pcap name.
func (a *app) openTraces(f traceFlags, also ...trace.Sink) (*traces, error) {
	switch {
	case f.pcap == "-":
		return nil, failf(exitUsage, "--pcap: - is no file: stdout is for events; a capture needs a file of its own, such as call.pcap")
	case f.pcap != "" && sameFile(f.pcap, f.sipLog):
		return nil, failf(exitUsage, "--pcap and --sip-log both name %s: give each a file of its own", f.pcap)
	}
	t := &traces{}
	if f.secrets {
		t.secrets = trace.Shown
		a.warn("--trace-secrets: what is traced holds keys and the hashes of passwords; whoever has it can listen in, or guess the passwords at leisure: don't pass it on")
	}
	sinks := also
	if f.sipLog != "" {
		var log *trace.SIPLog
		var err error
		if f.sipLog == "-" {
			log = trace.NewSIPLog(unclosed{a.stderr})
		} else if log, err = trace.CreateSIPLog(f.sipLog); err != nil {
			return nil, failf(exitUsage, "--sip-log: %w", err)
		}
		sinks, t.files = append(sinks, log), append(t.files, log)
	}
	if f.pcap != "" {
		pcap, err := trace.CreatePcap(f.pcap)
		if err != nil {
			return nil, errors.Join(failf(exitUsage, "--pcap: %w", err), t.close())
		}
		sinks, t.files = append(sinks, pcap), append(t.files, pcap)
		t.media = true
	}
	t.fan = trace.NewFan(sinks...)
	return t, nil
}

// sameFile says that two paths are of one file, be it there or not.
func sameFile(a, b string) bool {
	if x, err := os.Stat(a); err == nil {
		if y, err := os.Stat(b); err == nil {
			return os.SameFile(x, y)
		}
	}
	x, err1 := filepath.Abs(a)
	y, err2 := filepath.Abs(b)
	return b != "" && err1 == nil && err2 == nil && x == y
}

func (t *traces) sink() trace.Sink { return t.fan }

// tap takes audio packets from the engine.
func (t *traces) tap(at time.Time, rtcp, out bool, local, remote netip.AddrPort, raw []byte) {
	rec := trace.Record{Time: at, Kind: trace.RTP, Transport: "UDP", Local: local, Remote: remote, Raw: raw}
	if rtcp {
		rec.Kind = trace.RTCP
	}
	if out {
		rec.Dir = trace.Out
	}
	t.fan.Trace(t.secrets.Record(rec))
}

func (t *traces) close() error {
	var errs []error
	for _, f := range t.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// unclosed leaves stderr open.
type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }
