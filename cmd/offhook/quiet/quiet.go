// Package quiet keeps the terminal from being asked questions while the program
// is loaded. Bubble Tea's init asks for the background colour on behalf of every
// command, `offhook version` too, and waits up to 5 s where nobody answers.
//
// It works by being initialised first. Packages are initialised in the order of
// their paths as soon as what they import is (Go specification, "Package
// initialization"); this one imports only syscall and sorts before os, which
// Bubble Tea needs. Until Restore the terminal passes for one that can't answer.
// A test runs the program on a pseudo-terminal and sees that nothing is asked.
//
// Only main imports this package, and calls Restore before anything else.
package quiet

import "syscall"

// term is what the environment said; written once, before main.
var term, wasSet = syscall.Getenv("TERM")

var _ = pretend()

func pretend() error {
	if !wasSet {
		return nil
	}
	return syscall.Setenv("TERM", "dumb")
}

// Restore gives the environment its TERM back.
func Restore() error {
	if !wasSet {
		return nil
	}
	return syscall.Setenv("TERM", term)
}
