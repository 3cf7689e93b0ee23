// Package audio is the media plane: sources, sinks and devices, and the session that
// joins a socket, a jitter buffer, codecs and a device into one side of a call.
//
//	     mic callback                                    ear callback
//	          |                                               ^
//	     capture ring        (audio/device)               play ring
//	          |                                               ^
//	 echo, noise, gain <---- far end ---- voiced ---- <-------+
//	          |                                               ^
//	+---------v---------------------- loop -------------------|---------+
//	|  player/echo/mic      settle: who has the device     tones (mix)  |
//	|         |                                               ^         |
//	|       frame -> mute -> in-band digits       recorder <- resample  |
//	|         |  \-> meter, recorder (left)        (right)    ^         |
//	|    encode | RFC 4733 event                  echo, in-band digits  |
//	|         |                                               ^         |
//	|   header in the headroom                  jitter buffer: decode,  |
//	|         |                                 conceal, stretch        |
//	|         |                                               ^         |
//	|         |     latch, statistics, RFC 4733 <-- parse ----+         |
//	|       seal                                    open (SRTP, if any) |
//	+---------|-------------------------------------^-------------------+
//	          v                                     | looks at each beat, never waits
//	      RTP socket  <---- the same socket ---->  RTP socket
//	      RTCP socket (SR, RR, SDES, XR, BYE by the loop, which rates both directions once a second)
//
// A Session is one goroutine, its loop, which owns all of the above; a recording has
// another, for the disk. The beat of the loop is the device's when the Engine has lent
// it one, otherwise an alarm of one packet time, and a tenth of a second for a session
// that neither sends nor receives. Messages wake it, and a timer of 5 ms while the way to
// the peer or keys are being agreed on. Packets don't: they wait in the kernel, which notes when
// they came, so jitter and round trip are the network's and not the scheduler's. What a call costs is mostly how often the process wakes, so this is
// what is kept small: on Linux once per packet time (see socket and alarm, which have
// a portable form beside that of Linux). Inside, sound has the rate of the codec; it is
// converted once, where it meets a device or file of another rate. Neither path
// allocates per frame.
//
// Whatever comes to the sockets is counted by its kind (Oddity), STUN and TURN are handed
// out (RFC 7983), and only the peer's voice gets further, which a latch or a Route tells by
// where it comes from: an octet of anybody else costs a look and no memory. While a flood of
// strangers comes, the kernel is asked to keep them out.
//
// # Who may call
//
// cmd makes one Engine and gives it to ua; ua opens a Session per call and speaks to
// it through its methods, which post to the loop and return. Events come from the
// loop: a callback must not block, nor call the session back. audio/device implements
// Backend; nothing in here knows PortAudio. What is played and recorded is read and
// written by audio/soundfile, which knows no call. Times are passed in below the loop, so
// that its steps can be tested without a socket.
package audio
