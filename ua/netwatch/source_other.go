//go:build !linux

package netwatch

import (
	"context"
	"time"
)

// source polls: the other systems' ways to tell aren't known here. stop ends it.
func source(ctx context.Context) (signals <-chan struct{}, stop func()) { return polling(ctx) }

// suspended isn't known here.
func suspended() time.Duration { return 0 }
