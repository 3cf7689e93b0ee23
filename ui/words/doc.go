// Package words turns states, causes and numbers into words for people. It is
// pure, and the one place where the screen's language lives; what it returns may
// hold what a peer said, so it goes through theme.Say before it is printed.
package words
