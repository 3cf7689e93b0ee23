package lab

import "testing"

// flowModules make the registrar speak outbound (RFC 5626), Path (RFC 3327), GRUU (RFC 5627)
// and STUN on the SIP port (RFC 5626, section 3.5.2).
const flowModules = `loadmodule "stun.so"
loadmodule "path.so"
loadmodule "outbound.so"
modparam("registrar", "outbound_mode", 1)
modparam("registrar", "flow_timer", 5)
modparam("registrar", "use_path", 1)
modparam("registrar", "path_mode", 0)
modparam("registrar", "gruu_enabled", 1)
`

// StartFlowKamailio starts one that registers flows and routes requests to GRUUs, within dialogs
// too. Its 2xx to a REGISTER has a Service-Route to itself.
func StartFlowKamailio(t testing.TB) *Kamailio {
	t.Helper()
	return startKamailio(t, kamailioWith(t,
		lastModule, lastModule+flowModules,
		`    if (!save("location")) sl_reply_error();`,
		`    append_to_reply("Service-Route: <sip:@IP@:@PORT@;lr>\r\n");`+"\n"+`    if (!save("location")) sl_reply_error();`,
		`      if ($du == "") handle_ruri_alias();`,
		`      if (is_gruu() && $rd == "@IP@") { if (!lookup("location")) { sl_send_reply("480", "Gone"); exit; } }
      else if ($du == "") handle_ruri_alias();`,
	), "MD5")
}

// Restart kills it as a crash does, and starts it again with an empty location table.
func (k *Kamailio) Restart(t testing.TB) {
	t.Helper()
	k.Kill()
	k.Process = Run(t, k.cmd.Path, k.cmd.Args[1:])
	k.awaitOptions(t)
}
