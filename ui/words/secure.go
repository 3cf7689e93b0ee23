package words

import (
	"fmt"

	"offhook/ua"
)

// Unverified says that a server hasn't proved who it is, and is talked to all the same.
func Unverified(e ua.ServerUnverified) string {
	return fmt.Sprintf("INSECURE: nobody vouches for %s, and %s talks to it all the same: %v", e.Err.Host, e.Account, e.Err)
}
