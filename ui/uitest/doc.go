// Package uitest is a Phone made of a script: tests of the screen tell it what
// happens and look at what was asked of it. Only tests import it.
package uitest
