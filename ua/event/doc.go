// Package event is SIP's event notification (RFC 6665) and publication (RFC
// 3903) without network or clock: the machines of a subscriber, a notifier and a
// publisher, and the bodies that travel: message-summary (RFC 3842), dialog (RFC
// 4235), presence (RFC 3863), reg (RFC 3680), conference (RFC 4575) and the
// wrapper of text messages (RFC 3862).
//
//	commands, responses, NOTIFYs, the time
//	              |  Input
//	              v
//	Subscriber / Notifier / Publisher.Step(now, in, out) ---> Snapshot (read after)
//	              |  []Effect
//	              v
//	requests to send, NOTIFYs to answer, the timer, changes
//
// A machine is one usage of one dialog. A SUBSCRIBE that forked makes one
// Subscriber for each notifier: the first is the one that began, the others are
// made by Fork.
//
// The refer package (RFC 3515) has machines of its own, as its subscription lives
// within a call's dialog and needs no SUBSCRIBE:
//
//	Refer-To value ---> ParseReferTo ---> ReferTo ---> String, escaped
//	REFER ---> ReadRefer ---> Referral          ReferNotifier ---> Notice, as message/sipfrag
//	NOTIFY --> ReadReport --> Report
//
// Bodies come from strangers: documents are bounded in size and depth, and
// declare no entities. Only the Agent's loop (package ua) runs the machines; the
// codecs are pure and may be called from anywhere.
package event
