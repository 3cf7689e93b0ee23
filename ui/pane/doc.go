// Package pane holds the parts of the main screen: accounts, dial line, calls,
// details, recent calls, log, and the footer of hints.
//
// A pane holds what it draws; Render makes a block of exactly width by height
// cells. Panes with state (Line, Dial, Log) are changed by package ui, on Bubble
// Tea's loop, and by nobody else. Panes don't read keys and know no Phone.
package pane
