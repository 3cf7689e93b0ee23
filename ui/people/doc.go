// Package people is what the screen knows of others: contacts, calls that were, lamps, and
// conversations by message.
//
// Values only: who reads files and databases gives snapshots (Book, Past), package ui keeps
// them and asks these functions. Nothing here blocks; a value belongs to who made it.
package people
