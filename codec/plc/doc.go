// Package plc hides lost packets of codecs that can't do it themselves, and finds
// the pitch for those who stretch speech. Decoders (codec/g711, codec/g722, codec/l16)
// and audio/jitter use it.
//
//	decoded ──> Good ──> to the ear (joined to what was concealed)
//	              └────> past ──> continuation ──> fade ──> Conceal ──> to the ear
//	                                  (forward) └─────┐
//	                                                  ├─ Interpolate ──> to the ear
//	the packet after the gap ──> continuation ──> fade ┘
//	                               (backward)
//
// It does what ITU-T G.711 Appendix I does, by other means:
//
//   - Appendix I repeats the last period of the sound (sections 3.3 to 3.5); here the
//     last period of its excitation is repeated, and filtered by the linear prediction
//     of the last 25 ms. So one period is enough, and nothing needs to be blended at
//     its ends.
//   - Its pitch is of 66 to 200 Hz, found in 20 ms; here of 66 to 250 Hz, found in the
//     last 8 ms, which are more like what is missing.
//   - It holds the output back 3.75 ms to blend the start of a loss (section 3.4); here
//     the filter rings on from the last sample, and a clean stream isn't delayed.
//   - It fades by a fifth each 10 ms after the first 10 ms (section 3.6); here from the
//     first sample on, to silence after 80 ms.
//   - The end is joined as in section 3.7, when the packet after the gap comes too late
//     for Interpolate.
//
// Whatever measured better by ITU-T P.862 stayed.
package plc
