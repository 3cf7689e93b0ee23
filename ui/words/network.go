package words

import (
	"fmt"

	"offhook/ua"
)

// Moved says that an account is reached at another address of this machine, and what moves there.
func Moved(e ua.NetworkChanged) string {
	s := fmt.Sprintf("The network has changed: %s is at %s now", e.Account, e.Now)
	if e.Was.IsValid() {
		s += fmt.Sprintf(", no longer at %s", e.Was)
	}
	switch n := len(e.Calls); n {
	case 0:
	case 1:
		s += "; its call moves there"
	default:
		s += fmt.Sprintf("; its %d calls move there", n)
	}
	return s
}

// KeptAlive says how long a NAT remembers, and what is made of that.
func KeptAlive(e ua.KeepAliveLearnt) string {
	remembers := "remembers a silent way for at least " + Long(e.AtLeast)
	if e.Below > 0 {
		remembers += ", but not for " + Long(e.Below)
	}
	return fmt.Sprintf("%s: the NAT %s; something is sent every %s", e.Account, remembers, Long(e.Every))
}
