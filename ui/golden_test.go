package ui

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"offhook/ui/theme"

	_ "github.com/charmbracelet/x/exp/golden" // defines -update
)

// golden compares a screen with testdata/name.golden; -update writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	data := []byte(got + "\n")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (write it with: go test ./ui -update)", err)
	}
	if !bytes.Equal(want, data) {
		t.Errorf("%s has changed.\nwant:\n%s\ngot:\n%s", path, want, data)
	}
}

func TestGoldenScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}} {
		for _, s := range scenes {
			name := fmt.Sprintf("%dx%d-%s", size[0], size[1], s.name)
			t.Run(name, func(t *testing.T) {
				golden(t, name, s.at(t, size[0], size[1], theme.Options{}).View())
			})
		}
	}
	t.Run("too-small", func(t *testing.T) {
		golden(t, "30x8-too-small", scenes[0].at(t, 30, 8, theme.Options{}).View())
	})
	t.Run("ascii", func(t *testing.T) {
		for _, s := range scenes {
			if s.name == "two-calls" {
				golden(t, "80x24-ascii", s.at(t, 80, 24, theme.Options{ASCII: true}).View())
			}
		}
	})
}
