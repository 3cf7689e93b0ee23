//go:build !linux

package netwatch

import "context"

// source polls: the other systems' ways to tell aren't known here. stop ends it.
func source(ctx context.Context) (signals <-chan struct{}, stop func()) { return polling(ctx) }
