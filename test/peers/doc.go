// Package peers holds the tests of offhook against software that its authors
// didn't write. Each test starts its own peers (package lab), runs the binary
// as a user would, and judges by what the peer, the wire and the recordings say.
package peers
