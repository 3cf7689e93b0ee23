package main

import (
	"os"

	"offhook/cmd/offhook/quiet"
)

// version is set by the linker.
var version = "dev"

func main() {
	if err := quiet.Restore(); err != nil {
		panic(err) // a variable that was set a moment ago can't be refused
	}
	os.Exit(newApp().run(os.Args[1:]))
}
