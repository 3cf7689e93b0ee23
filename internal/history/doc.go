// Package history keeps call detail records in an SQLite file: what was called,
// who called, when and how it ended. cmd records into it from the Agent's events
// and reads it for `offhook history` and the phone's screen; nothing below cmd
// knows it.
//
//	Call --Add--> calls.db --List--> []Call --WriteCSV, WriteJSONL--> export
//
// The file has mode 0600. Several processes may have it open: writers wait for
// one another. A Store is safe for concurrent use.
package history
