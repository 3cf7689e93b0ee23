package main

import (
	"fmt"
	"io"
	"log/slog"

	"offhook/ua/trace"
)

// newLog is a log in which secrets are covered, also where an error quotes what a peer sent, or
// a library says too much.
func newLog(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: withoutSecrets}))
}

// withoutSecrets is a slog.HandlerOptions.ReplaceAttr.
func withoutSecrets(_ []string, attr slog.Attr) slog.Attr {
	var text string
	switch v := attr.Value; v.Kind() {
	case slog.KindString:
		text = v.String()
	case slog.KindAny:
		text = fmt.Sprint(v.Any())
	default:
		return attr
	}
	if safe := trace.Redact(text); safe != text {
		attr.Value = slog.StringValue(safe)
	}
	return attr
}
