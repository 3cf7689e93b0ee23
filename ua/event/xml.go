package event

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// Bounds of a document from a stranger.
const (
	maxDocument = 64 << 10
	maxDepth    = 16
	maxElements = 4096
)

// unmarshal reads a document whose root element is called root. encoding/xml knows
// no entities but the five of XML itself; a document that declares its own is refused.
func unmarshal(doc []byte, root string, into any) error {
	if err := bounded(doc, root); err != nil {
		return fmt.Errorf("%w: %w", ErrBody, err)
	}
	if err := xml.Unmarshal(doc, into); err != nil {
		return fmt.Errorf("%w: %w", ErrBody, err)
	}
	return nil
}

func bounded(doc []byte, root string) error {
	if len(doc) > maxDocument {
		return fmt.Errorf("the document has %d bytes, more than %d", len(doc), maxDocument)
	}
	d := xml.NewDecoder(bytes.NewReader(doc))
	depth, elements := 0, 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if elements == 0 {
				return errors.New("the document is empty")
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			elements++
			switch {
			case elements == 1 && token.Name.Local != root:
				return fmt.Errorf("the document is a <%s>, not a <%s>", clip(token.Name.Local), root)
			case depth > maxDepth:
				return fmt.Errorf("elements are nested more than %d deep", maxDepth)
			case elements > maxElements:
				return fmt.Errorf("there are more than %d elements", maxElements)
			}
		case xml.EndElement:
			depth--
		case xml.Directive:
			return errors.New("a document type or entities are declared")
		}
	}
}

// document writes a document.
func document(v any) []byte {
	body, err := xml.MarshalIndent(v, "", " ")
	if err != nil {
		// Only types that can't be written fail, and these are our own.
		panic("event: " + err.Error())
	}
	return append([]byte(xml.Header), append(body, '\n')...)
}

// uri bounds a URI of a document for display and use.
func uri(s string) string { return Clean(s, 512) }

// name bounds a name of a document.
func name(s string) string { return Clean(s, 256) }

// token bounds an identifier of a document: a tag, an id, a Call-ID.
func token(s string) string { return Clean(s, 256) }
