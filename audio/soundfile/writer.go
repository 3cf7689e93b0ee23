package soundfile

import (
	"errors"
	"fmt"
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
// .opus, .ogg and .oga are Ogg-Opus, those of rawFormatOf are bare samples, all else that
// CheckName lets pass is WAV. The Writer closes f.
func NewWriter(f *os.File, path string, rate, channels int) (Writer, error) {
	if isOpusName(path) {
		return newOpusWriter(f, rate, channels)
	}
	if format, ok := rawFormatOf(path); ok {
		return newRawWriter(f, format), nil
	}
	return newWAVWriter(f, rate, channels)
}

func isOpusName(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".opus", ".ogg", ".oga":
		return true
	}
	return false
}

// ErrName is wrapped by CheckName's error.
var ErrName = errors.New("that format isn't written")

// CheckName refuses to record to a name that promises a format which nothing here writes:
// that a call.mp3 is a WAV would be found out when somebody wants to hear it.
func CheckName(path string) error {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".mp3", ".mp4", ".m4a", ".aac", ".flac", ".wma", ".webm", ".mka", ".mkv", ".amr",
		".gsm", ".spx", ".g722", ".g729", ".aif", ".aiff", ".au", ".snd", ".caf":
		return fmt.Errorf("%s: %w: take .opus or .wav; afterwards, ffmpeg -i call.opus call%s makes one of it", path, ErrName, ext)
	}
	return nil
}

// IsWAV reports that what is recorded to path is a WAV.
func IsWAV(path string) bool {
	_, raw := rawFormatOf(path)
	return !raw && !isOpusName(path) && CheckName(path) == nil
}
