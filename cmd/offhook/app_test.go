package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// A command that panics ends with the exit code of internal errors, and says where, without what
// is secret.
func TestPanicOfACommand(t *testing.T) {
	var stdout, stderr bytes.Buffer
	a := &app{stdout: &stdout, stderr: &stderr}
	root := &cobra.Command{Use: "fails", SilenceErrors: true, SilenceUsage: true, RunE: func(*cobra.Command, []string) error {
		panic("a=ice-pwd:PlantedIcePwdOfThePeer22chars\r\n")
	}}
	root.SetArgs(nil)
	if code := a.execute(root); code != int(exitInternal) {
		t.Errorf("exit code %d", code)
	}
	if got := stderr.String(); stdout.Len() > 0 || strings.Contains(got, "Planted") || !strings.Contains(got, "ice-pwd:****") || !strings.Contains(got, "TestPanicOfACommand") {
		t.Errorf("stdout %q, stderr\n%s", stdout.String(), got)
	}
}
