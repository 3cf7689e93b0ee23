// Package nsim says how much of some speech survived a call: it compares what
// was heard with what was said, and gives their similarity, 0 to 1, the delay
// between them all along, and the places that suffered.
//
// It is an intrusive measure in the manner of Hines, Skoglund, Kokaram and
// Harte, "ViSQOL: an objective speech quality model" (EURASIP Journal on Audio,
// Speech, and Music Processing, 2015): patches of an auditory spectrogram are
// found again in what was heard, wherever the network and the jitter buffer
// moved them, and are compared by NSIM, the structural similarity of
// spectrograms (Hines and Harte, "Speech intelligibility prediction using a
// neurogram similarity index measure", 2012).
//
// The number is no MOS, is comparable with itself alone (the same speech, the
// same bandwidth), and is neither ITU-T P.862 nor the ViSQOL of its authors.
//
//	said  --> level --> spectrogram, every 10 ms --> patches of 200 ms --+
//	                                                                     +--> path of delays --> NSIM --> Score
//	heard --> level --> spectrogram, every 2.5 ms -----------------------+
//
// It is pure and keeps no state, and is for tests and measurements: any package's
// tests may call it from any goroutine, and no package of the product does.
package nsim
