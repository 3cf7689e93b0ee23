//go:build !linux

package audio

// newAlarm is the system's best alarm.
func newAlarm(wake <-chan struct{}) alarm { return newRuntimeAlarm(wake) }
