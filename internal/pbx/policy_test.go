package pbx

import (
	"net/netip"
	"strings"
	"testing"

	"offhook/ua/sip"
)

func TestAdmit(t *testing.T) {
	for _, c := range []struct {
		name string
		who  caller
		to   callee
		open bool
		want permission
	}{
		{"our user without a password", caller{claims: "al", here: true}, someService, true, prove},
		{"our user, proved", caller{claims: "al", proved: "al"}, someUser, false, granted},
		{"our user to a service", caller{claims: "al", proved: "al"}, someService, false, granted},
		{"our user to nobody", caller{claims: "al", proved: "al"}, nobody, false, unknown},
		{"another's name", caller{claims: "bo", proved: "al"}, someUser, true, forbidden},
		{"proved, with a name of another domain", caller{proved: "al"}, someUser, false, granted},
		{"a stranger here to a service", caller{here: true}, someService, false, granted},
		{"a stranger here to a user", caller{here: true}, someUser, true, forbidden},
		{"unnamed here to a user", caller{unnamed: true, here: true}, someUser, true, prove},
		{"unnamed to nobody", caller{unnamed: true, here: true}, nobody, true, prove},
		{"unnamed and proved to a user", caller{unnamed: true, proved: "al"}, someUser, false, granted},
		{"unnamed here to a service", caller{unnamed: true, here: true}, someService, false, granted},
		{"unnamed from elsewhere to a service", caller{unnamed: true}, someService, false, prove},
		{"a stranger here to nobody learns nothing", caller{here: true}, nobody, true, forbidden},
		{"a service's reply to a user", caller{here: true, replies: true}, someUser, false, granted},
		{"a service's reply to nobody", caller{here: true, replies: true}, nobody, false, forbidden},
		{"a stranger from elsewhere", caller{}, someService, false, forbidden},
		{"a stranger from elsewhere, services open", caller{}, someService, true, granted},
		{"a stranger from elsewhere to a user, services open", caller{}, someUser, true, forbidden},
	} {
		if got := admit(c.who, c.to, c.open); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestWays finds the way back to a phone (RFC 3261, section 10.3; RFC 3581; RFC 5626).
func TestWays(t *testing.T) {
	for _, c := range []struct {
		name, contact, source, want string
	}{
		{"UDP, as it says", "sip:al@127.0.0.1:5062", "udp:127.0.0.1:5062", "udp:127.0.0.1:5062"},
		{"UDP, another port is meant", "sip:al@127.0.0.1:5062", "udp:127.0.0.1:9999", "udp:127.0.0.1:5062"},
		{"UDP, another address of this machine", "sip:al@127.0.0.2:5062", "udp:127.0.0.1:9999", "udp:127.0.0.2:5062"},
		{"UDP behind a NAT", "sip:al@10.0.0.1:5062", "udp:192.0.2.1:40000", "udp:192.0.2.1:40000"},
		{"UDP with a name", "sip:al@phone.invalid", "udp:192.0.2.1:40000", "udp:192.0.2.1:40000"},
		{"UDP that doesn't know its address", "sip:al@0.0.0.0:5062", "udp:192.0.2.1:40000", "udp:192.0.2.1:40000"},
		{"TCP: its own connection first", "sip:al@127.0.0.1:5062;transport=tcp", "tcp:127.0.0.1:40000", "tcp:127.0.0.1:40000 tcp:127.0.0.1:5062"},
		{"TCP behind a NAT", "sip:al@10.0.0.1:5062;transport=tcp", "tcp:192.0.2.1:40000", "tcp:192.0.2.1:40000"},
		{"TCP for a UDP contact", "sip:al@127.0.0.1:5062", "tcp:127.0.0.1:40000", "tcp:127.0.0.1:40000 udp:127.0.0.1:5062"},
		{"IPv6", "sip:al@[::1]:5062", "udp:[::1]:5062", "udp:[::1]:5062"},
		{"static", "sip:echo@127.0.0.1:5062", "", "udp:127.0.0.1:5062"},
	} {
		b := binding{uri: mustURI(t, c.contact)}
		if c.source != "" {
			transport, addr, _ := strings.Cut(c.source, ":")
			tp, err := sip.ParseTransport(transport)
			if err != nil {
				t.Fatal(err)
			}
			b.source = sip.Target{Transport: tp, Addr: netip.MustParseAddrPort(addr)}
		}
		var got []string
		for _, w := range ways(b) {
			got = append(got, w.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

func TestSameURI(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"sip:al@H.example", "sip:al@h.EXAMPLE", true},
		{"sip:al@h", "sip:AL@h", false},
		{"sip:al@h", "sip:al@h:5060", false}, // RFC 3261, section 19.1.4
		{"sip:al@h;transport=tcp", "sip:al@h", false},
		{"sip:al@h;transport=TCP", "sip:al@h;transport=tcp", true},
		{"sip:al@h;ob", "sip:al@h", true},
		{"sip:al@h;x=1", "sip:al@h;x=2", false},
		{"sip:al@h;x=1;y=2", "sip:al@h;y=2", true},
	} {
		a, b := mustURI(t, c.a), mustURI(t, c.b)
		if sameURI(a, b) != c.want || sameURI(b, a) != c.want {
			t.Errorf("sameURI(%s, %s) isn't %t both ways", c.a, c.b, c.want)
		}
	}
}
