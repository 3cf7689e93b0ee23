// Package device opens what a phone hears with and speaks to: sound cards through
// PortAudio, and files, tones and silence in their place. It is the sole importer of
// PortAudio; files are audio/soundfile's.
//
//	           --audio-in                          --audio-out
//	Device     microphone callback -> ring -+      +- ring -> speaker callback   Device
//	File       WAV, Opus, over and over ----+->Stream-+--------> WAV             File
//	Tone       sine ------------------------+      +--------> nowhere            Null
//	Silence    zeros -----------------------+
//
// A Stream with a sound card beats a moment after either of its sides has called back,
// the speaker's each 2.5 ms, the microphone's each 5 ms (follow.go); one that can't keep
// up goes on with longer buffers (buffers.go). One without a card is audio.Unclocked and
// lives on its session's clock. A card that stops calling back ends its ticks: it is lost.
//
// cmd makes backends with Parse and hands them to audio.Engine; nobody else calls
// this package. PortAudio is initialised when a device is opened or listed, never
// before: that can take a tenth of a second. Its libraries write to file descriptor 2
// whenever they like, so cmd calls Hush before anything else.
package device
