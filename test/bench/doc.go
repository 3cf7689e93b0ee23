// Package bench measures offhook beside Debian's baresip, in the same run, on
// the same machine, against the same peers, and prints one table. It runs by
// `make bench`; a plain `go test` skips it.
package bench
