package lab

import "testing"

// StartKamailio starts the Internet's registrar and proxy, for the users named. It takes
// requests from where they come (RFC 3581) and sends others back there, whatever the
// Contact says, and it never touches the media: no relay.
func (i *Internet) StartKamailio(t testing.TB, users ...string) *Kamailio {
	t.Helper()
	return startKamailioAt(t, i.Registrar(), kamailioWith(t,
		"  if (proto != UDP) {\n", "  if (1) {\n",
		"{ if (proto != UDP) set_contact_alias(); }", "{ set_contact_alias(); }",
	), "MD5", users)
}

// StartPlainKamailio starts one that knows nothing of NAT: it answers to where a request
// came from, as RFC 3581 asks, but sends others to where the Contact says.
func (i *Internet) StartPlainKamailio(t testing.TB, users ...string) *Kamailio {
	t.Helper()
	return startKamailioAt(t, i.Registrar(), kamailioCfg, "MD5", users)
}

// Guest is the flags of a user of k, at whichever address it has; extra says whether it registers and the like.
func Guest(t testing.TB, k *Kamailio, user string, extra ...string) []string {
	t.Helper()
	return append([]string{"--aor", k.AOR(user), "--password-file", PasswordFile(t, user)}, extra...)
}
