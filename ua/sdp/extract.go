package sdp

import (
	"bytes"
	"mime"
	"mime/multipart"
	"strings"
)

// mediaType is the Content-Type of a body that Parse reads.
const mediaType = "application/sdp"

// Extract finds the session description in a message's body: the whole of it, or
// the part of a multipart that is one, as gateways send beside ISUP (interop 35;
// RFC 5621). It reports false for another kind of body. A body without a type
// counts when it looks like SDP.
func Extract(contentType string, body []byte) ([]byte, bool) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, false
	}
	if strings.TrimSpace(contentType) == "" {
		if bytes.HasPrefix(bytes.TrimSpace(body), []byte("v=")) {
			return body, true
		}
		return nil, false
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		// A bad parameter doesn't make it another kind.
		kind, _, _ = strings.Cut(contentType, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	switch {
	case kind == mediaType:
		return body, true
	case strings.HasPrefix(kind, "multipart/") && params["boundary"] != "":
		return extractPart(params["boundary"], body)
	default:
		return nil, false
	}
}

func extractPart(boundary string, body []byte) ([]byte, bool) {
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := r.NextRawPart()
		if err != nil {
			return nil, false
		}
		kind, _, _ := strings.Cut(part.Header.Get("Content-Type"), ";")
		if !strings.EqualFold(strings.TrimSpace(kind), mediaType) {
			continue
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(part); err != nil {
			return nil, false
		}
		return text.Bytes(), true
	}
}
