//go:build novoice

package voice

const built = false

var webrtcReach, speexReach reach

func newWebRTC(int, Options) (library, error) { return nil, ErrAbsent }
func newSpeex(int, Options) (library, error)  { return nil, ErrAbsent }
