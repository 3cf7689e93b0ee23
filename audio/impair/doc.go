// Package impair makes a network bad on purpose, and the same way each time: packets
// are lost, late, out of order, doubled, as a Spec says and its seed decides. It is
// pure: datagrams and time in, datagrams out. audio puts a Link on each side of a
// session's sockets when asked to; anyone may parse a Spec.
//
//	Put ──> dice: lost? ──> delay + jitter ──> held back? ──> order kept? ──> queue ──> Take
//	        (seeded)                                             └─ doubled ──^   (when due)
//
// What becomes of a packet depends on the seed and on how many came before it, not on
// when they came: a run can be repeated. RTP and what isn't RTP have dice of their own,
// so a report that comes early or late changes nothing for the voice.
package impair
