package trace

import (
	"fmt"
	"strings"
	"testing"
)

func caught(value any) (p *Panic) {
	defer func() { p = Panicked(recover()) }()
	panic(value)
}

// What a panic says is told without secrets, also where a message is quoted in it.
func TestPanicTellsNoSecrets(t *testing.T) {
	message := "REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username=\"a\", response=\"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"\r\n\r\n" +
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:UExBTlRFRC1tYXN0ZXIta2V5LWFuZC1zYWx0LW9m\r\na=ice-pwd:PlantedIcePwdOfThePeer22chars\r\n"
	for _, value := range []any{message, fmt.Errorf("reading %q", message), fmt.Sprintf("%q", message), []byte("x")} {
		got := caught(value).Error()
		for _, secret := range []string{"0f1e2d3c4b5a69788796a5b4c3d2e1f0", "UExBTlRFRC1tYXN0ZXIta2V5LWFuZC1zYWx0LW9m", "PlantedIcePwdOfThePeer22chars"} {
			if strings.Contains(got, secret) {
				t.Errorf("%q is in\n%s", secret, got)
			}
		}
		if !strings.Contains(got, "trace.caught") {
			t.Errorf("nothing says where:\n%s", got)
		}
	}
	if got := caught("index out of range [3]").Error(); !strings.Contains(got, "index out of range [3]") {
		t.Errorf("nothing says what:\n%s", got)
	}
}
