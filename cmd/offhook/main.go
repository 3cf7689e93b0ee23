package main

import (
	"os"
)

// version is set by the linker.
var version = "dev"

func main() { os.Exit(newApp().run(os.Args[1:])) }
