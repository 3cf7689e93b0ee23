// Package plc hides lost packets of codecs that can't do it themselves, after
// the pitch repetition of ITU-T G.711 Appendix I, and finds the pitch for those
// who stretch speech. Decoders (codec/g711) and audio/jitter use it.
//
//	decoded ──> Good ──> to the ear (joined to what was concealed)
//	              └────> history ──> pitch ──> Conceal ──> to the ear
//
// Appendix I holds the output back 3.75 ms to blend the start of a loss. Here
// nothing is held back: the step from the last sample heard to the repeated
// period is faded out instead, so a clean stream isn't delayed.
package plc
