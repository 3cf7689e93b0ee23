// Package ui is the phone's screen: one Bubble Tea model over a ua.Phone.
//
//	keys ──> Update ──> Phone (posts, never blocks) ──> Agent
//	screen <── View <── Update <── event, through a command that waits <──┘
//
// cmd opens it with Run and is its only caller. Update does no I/O: commands are
// posted to the Phone, outcomes arrive as ua events with whole snapshots, and
// what may block (saving an account) runs in a tea.Cmd. Meters are polled on a
// tick that runs only while a call is up: nothing wakes an idle screen but Bubble
// Tea's own frame clock.
//
// Panes and overlays are plain children: they hold what they draw, and Render
// it for a width and a height. Only Model routes keys. The bindings are the
// table in ui/keys.
package ui
