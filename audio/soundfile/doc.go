// Package soundfile is files of sound: WAV, Ogg-Opus, and bare samples that the extension
// tells of. What is played comes out as mono PCM at the file's own rate; what is recorded
// is playable up to the last Flush, whatever becomes of the program.
//
//	Open ──first bytes──> "RIFF", "RF64"  WAV        ─┐
//	                      "OggS"          Ogg-Opus   ─┼─> Reader: mono PCM
//	     ──extension────> .raw .ul .al …  no header  ─┘
//
//	mono or stereo PCM ─> Writer ─┬─ .opus .ogg .oga   Ogg-Opus
//	     (NewWriter, by extension) ├─ .raw .ul .al …    no header
//	                              └─ all else          WAV
//
// # Who may call
//
// audio plays and records with it, audio/device stands a WAV in for a device, cmd checks
// files before a call, and the embedded exchange plays them. A Reader or Writer belongs to
// one goroutine. Of the project it knows the container (audio/ogg) and codec/opus.
package soundfile
