// Package jitter is adaptive playout: packets go in as they arrive, samples come
// out as the ear needs them, and in between each frame is decoded, recovered,
// concealed, stretched or shortened. It is pure: no goroutine, no clock, no
// socket. audio's session loop is the caller; a Buffer belongs to one goroutine.
//
//	Put ──> timeline ──> slots ─┐
//	  │     (wraps, jumps,      │ Pull: one decision a frame
//	  │      new sources)       ├─ there          Decode, perhaps stretch
//	  └──> delay estimate       ├─ lost, FEC next DecodeFEC
//	       (how late packets    ├─ lost or late   Conceal
//	        come: the target)   ├─ comfort noise  RFC 3389 noise
//	                            └─ nothing yet    silence until the target is met
//	                                   └──> frame ──> resampler ──> dst
//
// All times inside are stream time: the RTP timestamp, unwrapped, as a
// time.Duration. The delay of a sample is the moment it is pulled, less its
// stream time, less the same for the fastest packet: what the buffer adds.
package jitter
