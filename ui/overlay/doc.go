// Package overlay holds what lies over the main screen and takes its keys: the
// incoming call, a question of the other side, the prompt for a transfer, the keypad,
// do-not-disturb and forwarding, people, messages and history, help and whatever else is
// to be read, the question before quitting, and the account form.
//
// An overlay renders a box of at most width by height cells, which package ui
// lays in the middle of the screen. Package ui routes the keys, by the table in
// ui/keys; only the account form, which is huh's, takes messages itself.
package overlay
