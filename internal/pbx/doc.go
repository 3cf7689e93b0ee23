// Package pbx is the small exchange inside the program: a registrar, a proxy and
// some services to call, on one address. `offhook pbx` runs it alone, `offhook
// demo` beside the phone, and tests instead of somebody else's server.
//
//	phones            one address, UDP and TCP                    agents of
//	  |        +-------------------------------------------+      the services
//	  |  SIP   |  REGISTER ---> registrar: store           |
//	  +------->|                    | bindings             |  SIP   +------+
//	  |        |  the rest ---> policy --> route --> fork -+------->| echo |
//	  +------->|                (who may)  (where) (which  |        +------+
//	           |                                   answer) |------->| ring |
//	           +-------------------------------------------+        +------+
//
// One goroutine, the loop, owns all state: the bindings, the running forks and
// the services. Sockets, timers and name look-ups post to its mailbox. The store
// (RFC 3261, section 10), the route decisions (section 16.4), the fork (section
// 16.7) and the policy are pure: they take the time and give back decisions, so
// tables test them.
//
// Services are real user agents: each is a ua.Agent with sockets of its own,
// made when it is first called and known to the proxy by a static binding.
//
// cmd/offhook and tests call this package. It is a user of ua, audio and codec and
// knows no front end.
package pbx
