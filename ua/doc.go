// Package ua is the signalling plane's front: the Agent owns accounts, calls and
// subscriptions, and decides what spans calls: rules, waiting, swap, transfer,
// conference, who has the microphone.
//
//	Phone's methods --\                         /--> sip.Endpoint (one for each account and address)
//	Endpoint handlers -\    mailbox            /---> call.Machine (one for each call)
//	workers, timers ----> ==========> loop ---<----> registration.Machine (one for each flow)
//	media events ------/   in order            \---> event.Subscriber, Notifier, Publisher
//	netwatch ---------/                        |\--> MediaEngine, MediaSession
//	                                           \---> Events to every Subscription
//
// One goroutine, the loop, owns all of it; there are no locks around calls. What
// may block (DNS, opening sockets, files, closing media) runs in workers that
// post their result with the call it was for; when that call has ended meanwhile,
// the result is dropped. The loop never blocks on a reader.
//
// Files are named by what they are about:
//
//	agent, commands, phone, events, close       the loop, its door in and its door out
//	line, flow, register, route, outbound       accounts: their flows and the way of their requests
//	move, movecall, network, dualstack          what follows a change of address
//	caller, callee, leg, early, negotiate       calls: what their machines' effects need
//	exchange, failover, redirect, targetset     one request: its servers, passwords, redirections
//	known, plan, policy, autoanswer, forward    what becomes of a call that comes in
//	transfer, referred, replace, join, pickup   calls on calls
//	subscriptions, limb, watchers, publish      beyond calls; message, messagein, options
//	headers, introduce, peerheaders, words      what messages say, and what people are told
//
// Front ends (ui, cmd) call the Phone's methods and Agent.Subscribe from any
// goroutine. Nothing below this package knows it.
package ua
