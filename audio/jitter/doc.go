// Package jitter is adaptive playout: packets go in as they arrive, samples come
// out as the ear needs them, and in between each frame is decoded, recovered,
// concealed, stretched or shortened. It is pure: no goroutine, no clock, no
// socket. audio's session loop is the caller; a Buffer belongs to one goroutine.
//
//	Put ──> timeline ──> slots ─┐
//	  │     (wraps, jumps,      │ Pull: one decision a frame
//	  │      new sources)       ├─ there          Decode, perhaps stretch
//	  ├──> estimate             ├─ lost, FEC next DecodeFEC
//	  │    (how late packets    ├─ lost, next is  Interpolate, from both sides
//	  │     come, spikes)       ├─ lost or late   Conceal; merge when it comes
//	  └──> drift                ├─ comfort noise  RFC 3389 noise
//	       (of the clocks)      └─ nothing yet    silence until the target is met
//	                                   └──> frame ──> resampler ──> dst
//
// All times inside are stream time: the RTP timestamp, unwrapped, as a
// time.Duration. The delay of a sample is the moment it is heard, less its
// stream time, less the same for the fastest packet: what the buffer adds.
//
// # How long a packet waits
//
// What is pulled is fixed when a Pull begins, so the target is how long a packet
// is there before the Pull that needs it (see pace):
//
//	target = max(99 % of recent lateness, height of regular spikes) + slack,
//	         within the bounds of Config
//	       + one packet while packets are lost, two while they are lost in
//	         bursts: then the far end of a gap is known when it begins (see gap)
//
// Playout moves towards it where it can't be heard: by exact lengths in pauses, by
// whole periods in speech when no pause came for a second or a shortage presses, and by
// resampling when the clocks drift apart and there are no pauses, as in music. Sound is
// thrown away in one case only: far more than Config.Max waits.
package jitter
