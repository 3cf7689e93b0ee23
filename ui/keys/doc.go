// Package keys is the table of key bindings: what a key does, where, what it is
// called, and why it does nothing just now.
//
// The router in package ui looks keys up in it; the help overlay, the footer
// and the user guide (Markdown) are drawn from it. So none of them can say
// something that isn't so. The package is pure data and pure functions.
package keys
