package audio

import (
	"time"

	"offhook/audio/dsp"
	"offhook/audio/jitter"
)

// sum is the jitter statistics of all buffers. The gauges are those of the last.
func (r *receiver) sum() jitter.Stats {
	if r.buf == nil {
		return r.past
	}
	s := r.buf.Stats()
	s.Late += r.past.Late
	s.Duplicate += r.past.Duplicate
	s.Foreign += r.past.Foreign
	s.Discarded += r.past.Discarded
	s.Reordered += r.past.Reordered
	s.Undecodable += r.past.Undecodable
	s.Concealed += r.past.Concealed
	s.Recovered += r.past.Recovered
	s.Noise += r.past.Noise
	s.Bridged += r.past.Bridged
	s.Removed += r.past.Removed
	s.Inserted += r.past.Inserted
	s.Accelerated += r.past.Accelerated
	s.Decelerated += r.past.Decelerated
	s.Merges += r.past.Merges
	s.Peaks += r.past.Peaks
	return s
}

// stats builds the snapshot.
func (l *loop) stats() Stats {
	r, c := &l.recv, &l.ctl
	j := r.sum()
	s := Stats{
		PacketsSent: l.send.packets(), BytesSent: l.send.octets(),
		Late: j.Late, Duplicate: j.Duplicate, Reordered: j.Reordered,
		Discarded: j.Discarded + l.lostBefore + l.rtpConn.lost() + l.rtcpConn.lost() + l.s.inlet.lost() + r.ignored,
		Invalid:   r.invalid + j.Foreign + j.Undecodable,
		Concealed: j.Concealed, Playout: j.Delay, Target: j.Target,
		Recovered: j.Recovered, Bridged: j.Bridged, Removed: j.Removed, Inserted: j.Inserted, Drift: j.Drift,
		RTT: c.rtt, RemoteLost: c.remoteLost, RemoteFraction: c.remoteFraction, RemoteJitter: c.remoteJitter,
	}
	q := &l.rated
	s.MOSIn, s.MOSOut, s.CallIn, s.CallOut, s.XR, s.RemoteXR, s.Odd = q.in, q.out, q.wholeIn, q.wholeOut, q.own, c.remoteXR, l.odds.count
	s.RTTMean, s.RTTMax = c.tripSum/time.Duration(max(c.trips, 1)), c.tripMax
	if l.send.rtp != nil {
		s.SSRC = l.send.rtp.SSRC()
	}
	s.RemoteSSRC, _ = r.ssrc()
	s.Security = l.shield.state()
	if r.rx != nil {
		t := r.rx.Totals()
		s.PacketsReceived, s.BytesReceived = t.Packets, t.Bytes
		s.Lost, s.Jitter, s.CodecIn = r.rx.Lost(), r.rx.Jitter(), r.codecName()
	}
	if l.stream != nil {
		now := l.stream.Stats()
		l.used = now.less(l.base)
	}
	s.Stream = l.before.plus(l.used)
	return s
}

// meters are the levels; what has stopped is silent.
func (l *loop) meters() (mic, ear float64) {
	mic, ear = dsp.Silence, dsp.Silence
	if l.sending() && l.send.meter != nil {
		mic = l.send.meter.Level()
	}
	if l.params.Receive {
		ear = l.recv.meter.Level()
	}
	return mic, ear
}
