package peers

import (
	"os"
	"testing"

	"offhook/test/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }
