// Package ua is the signalling plane's front: the Agent owns accounts and calls
// and decides what spans calls: waiting, swap, who has the microphone.
//
//	Phone's methods --\                         /--> sip.Endpoint (one for each account)
//	Endpoint handlers -\    mailbox            /---> call.Machine (one for each call)
//	workers, timers ----> ==========> loop ---<----> registration.Machine
//	media events ------/   in order            \---> MediaEngine, MediaSession
//	                                            \--> Events to every Subscription
//
// One goroutine, the loop, owns all of it; there are no locks around calls. What
// may block (DNS, opening sockets, files, closing media) runs in workers that
// post their result with the call it was for; when that call has ended meanwhile,
// the result is dropped. The loop never blocks on a reader.
//
// Front ends (ui, cmd) call the Phone's methods and NewSubscription from any
// goroutine. Nothing below this package knows it.
package ua
