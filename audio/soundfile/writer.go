package soundfile

import (
	"os"
	"path/filepath"
	"strings"
)

// Writer is the file of a recording.
type Writer interface {
	// Begin is told the rate of the samples to come, before the first, and answers with the
	// one that the file takes.
	Begin(rate int) (int, error)
	// Write takes interleaved frames, Flush makes the file playable up to here.
	Write(pcm []int16) error
	Flush() error
	Close() error
}

// NewWriter records to f, which is empty, in the format that the extension of path tells:
// .opus, .ogg and .oga are Ogg-Opus, those of rawFormatOf are bare samples, all else is
// WAV. The Writer closes f.
func NewWriter(f *os.File, path string, rate, channels int) (Writer, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".opus", ".ogg", ".oga":
		return newOpusWriter(f, rate, channels)
	}
	if format, ok := rawFormatOf(path); ok {
		return newRawWriter(f, format), nil
	}
	return newWAVWriter(f, rate, channels)
}
