package sip

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrForeignRealm says that somebody else than the account's own servers asks for a password.
var ErrForeignRealm = errors.New("the realm isn't the account's own")

// maxRealms bounds the realms that are learnt from a registrar.
const maxRealms = 8

// credentialsFor chooses who to be for a realm. An answer lets its reader guess the
// password at leisure, so the account's own goes to its own servers only:
//
//	realm named in other credentials    those
//	not sent to an own server           refused, whatever the realm is called
//	the account names its realm         that one alone
//	the account's domain                the account's
//	asked on a REGISTER                 the account's, from now on
//	none asked on a REGISTER so far     the account's, for the first realm that asks
//	any other                           refused
//
// a.mu is held.
func (a *Authenticator) credentialsFor(req *Request, realm string) (Credentials, error) {
	for _, c := range a.others {
		if c.Realm == realm {
			return c, nil
		}
	}
	own := a.creds
	foreign := func() (Credentials, error) {
		return Credentials{}, fmt.Errorf("%w: %s asks for a password, and none is set for it", ErrForeignRealm, realmName(realm))
	}
	switch {
	case own.Home == nil:
		return own, nil
	case !own.Home(req):
		return foreign()
	case own.Realm != "":
		if realm != own.Realm {
			return foreign()
		}
		return own, nil
	case strings.EqualFold(realm, own.Domain), slices.Contains(a.learnt, realm):
		return own, nil
	case req.Method == REGISTER && len(a.learnt) < maxRealms, len(a.learnt) == 0:
		a.learnt = append(a.learnt, realm)
		return own, nil
	}
	return foreign()
}
