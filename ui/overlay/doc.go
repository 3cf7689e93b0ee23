// Package overlay holds what lies over the main screen and takes its keys: the
// incoming call, the keypad, help and messages to read, the question before
// quitting, and the account form.
//
// An overlay renders a box of at most width by height cells, which package ui
// lays in the middle of the screen. Package ui routes the keys, by the table in
// ui/keys; only the form, which is text, takes messages itself.
package overlay
