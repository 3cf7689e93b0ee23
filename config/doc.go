// Package config loads, checks, edits and saves the configuration file: plain
// structs, TOML, passwords by reference.
//
//	file --Load--> text --Parse--> map --table of keys--> Config + Problems (file, line, nearest key)
//	file <-Save--  text <-Document (an edit of lines, so that comments live)
//
// One table (keys.go) names every key, its type, default and meaning: the
// decoder, the encoder, `offhook config keys` and docs/config.md all read it.
//
// Only cmd/offhook may import this package: it turns what is read here into the
// options of the other packages, which know nothing of a file.
package config
