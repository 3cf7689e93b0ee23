package sip

import (
	"crypto/rand"
	"strings"
)

// magicCookie starts the branch of each RFC 3261 transaction (section 8.1.1.7).
const magicCookie = "z9hG4bK"

// NewTag makes a From or To tag: 60 random bits; RFC 3261, section 19.3, asks for 32.
func NewTag() string { return token(12) }

// NewBranch makes a Via branch that no other request has.
func NewBranch() string { return magicCookie + token(20) }

// NewCallID makes a Call-ID that says nothing of this host.
func NewCallID() string { return token(24) }

// token gives n random characters of 5 bits each, n <= 26.
func token(n int) string { return strings.ToLower(rand.Text()[:n]) }
