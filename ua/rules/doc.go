// Package rules decides by a person's rules what happens to a call: declarative,
// pure, and able to say why.
//
//	Spec (as written) --Compile--> Rule --+
//	                                      +--Decide--> Decision (what, by which rule, every step)
//	Facts (of one call, time included) ---+
//
// Rules are asked in their order. The first that matches decides, unless it says
// continue: then what it sets is kept, and the rules below see what it rewrote.
//
// The Agent (package ua) asks Decide for each call in and out; cmd/offhook compiles
// what the configuration holds. Everything here is a value and safe to share.
package rules
