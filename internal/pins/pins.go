// Package pins holds module requirements until their packages land.
package pins

import (
	_ "github.com/miekg/dns"
)
