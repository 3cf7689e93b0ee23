// Command offhook is the composition root: flags and the configuration become
// the options of the other packages, and nothing below knows of either.
//
//	flags ---+                      +--> trace sinks (ring, SIP log, pcap)
//	         +--> accounts, media --+--> audio.Engine --> ua.Agent --> ui.Run  (offhook, demo)
//	config --+                      +--> internal/pbx            \--> script   (call, answer, register, message, ...)
//	                                +--> internal/history, internal/contacts
//
// One file holds one command. What commands share: app.go (the process around
// them), exit.go (errors and exit codes), flags.go and overrides.go (flags over
// keys of the configuration), accounts.go (an account's options, and beside it one
// file for each part of them: tls, outbound, locate, transfer, policy, ...), phone.go (an
// Agent with its engine and traces), script.go (the loop of a command without a
// screen), printer.go and the *events.go (what it prints).
package main
