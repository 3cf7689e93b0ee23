// Package dtmf is digits on the media path: RFC 4733 events out and in, tones
// made and detected in-band (ITU-T Q.23, Q.24), and the call-progress tones.
// Every type is pure and belongs to one goroutine, audio's session loop; tone
// sources have the methods of audio.Source, which this package doesn't import.
//
//	SendDTMF ──> Sender ──> RTP in place of audio frames      RTP ──> Receiver ──> digit
//	         └─> Generator ──> PCM in place of the microphone PCM ──> Detector ──> digit
package dtmf
