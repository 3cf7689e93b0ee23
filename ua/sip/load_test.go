package sip

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"
)

// Two endpoints make many calls at once to each other, all from inside their handlers:
// nothing may deadlock, get lost or come twice.
func TestManyCallsFromHandlers(t *testing.T) {
	for _, tr := range []Transport{UDP, TCP} {
		t.Run(tr.String(), func(t *testing.T) {
			const calls = 300
			var acked atomic.Int32
			done := make(chan string, 2*calls)
			callee, err := Listen(Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Handler: func(tx ServerTransaction) {
				req := tx.Request()
				switch req.Method {
				case INVITE:
					respond(t, tx, 180)
					respond(t, tx, 200)
				case ACK:
					acked.Add(1)
				case BYE:
					respond(t, tx, 200)
				default:
					t.Errorf("a %s came", req.Method)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = callee.Close() }()
			caller := listen(t, "127.0.0.1")
			to := Target{Transport: tr, Addr: callee.LocalAddr(tr)}
			slots := make(chan struct{}, 20) // what a socket buffer holds: nothing here sends a lost 200 again
			for i := range calls {
				slots <- struct{}{}
				request := func(m Method) *Request {
					req := outgoing(m)
					id := CallIDHeader(fmt.Sprint(i))
					SetHeader(req, &id)
					return req
				}
				seen := ""
				_, err := caller.Request(request(INVITE), to, func(res *Response, err error) {
					if err != nil {
						done <- err.Error()
						return
					}
					seen += fmt.Sprint(res.StatusCode, " ")
					if res.StatusCode < 200 {
						return
					}
					if err := caller.Send(request(ACK), to); err != nil {
						t.Error(err)
					}
					if _, err := caller.Request(request(BYE), to, func(res *Response, err error) {
						<-slots
						if err != nil {
							done <- err.Error()
							return
						}
						done <- seen + "bye " + fmt.Sprint(res.StatusCode)
					}); err != nil {
						t.Error(err)
					}
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			for i := range calls {
				select {
				case got := <-done:
					if got != "180 200 bye 200" {
						t.Fatalf("call %d: %s", i, got)
					}
				case <-time.After(20 * time.Second):
					t.Fatalf("only %d calls came to their end; %+v, %+v", i, caller.Stats(), callee.Stats())
				}
			}
			if n := acked.Load(); n != calls {
				t.Errorf("%d ACKs came", n)
			}
		})
	}
}
