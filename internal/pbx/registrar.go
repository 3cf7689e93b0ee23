package pbx

import (
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"offhook/ua/sip"
)

// readRegistration reads a REGISTER (RFC 3261, section 10.3, steps 5 to 7). A failure
// comes as a refuse.
func readRegistration(req *sip.Request, d domain, l limits, source sip.Target) (registration, decision) {
	r := registration{callID: req.CallID().Value(), cseq: req.CSeq().SeqNo, source: source}
	to := req.To().Address
	user, err := url.PathUnescape(to.User)
	if err != nil || user == "" || !d.owns(to) {
		return r, refuse{code: 404, reason: "No Such Address of Record Here"}
	}
	r.aor = user
	header := l.defaultExpires
	if v := sip.HeaderValues(req, "Expires"); len(v) > 0 {
		header = readExpires(v[0], l.defaultExpires)
	}
	values := req.GetHeaders("contact")
	for _, v := range values {
		h, ok := v.(*sip.ContactHeader) // a malformed one came as plain text
		if !ok {
			return r, refuse{code: 400, reason: "Malformed Contact"}
		}
		if h.Address.Wildcard {
			if len(values) > 1 || header != 0 {
				return r, refuse{code: 400, reason: "Contact * Needs Expires 0 and No Other"}
			}
			r.all = true
			return r, nil
		}
		c, ok := readContact(h, header, l.defaultExpires)
		if !ok {
			return r, refuse{code: 400, reason: "Malformed Contact"}
		}
		r.contacts = append(r.contacts, c)
	}
	return r, nil
}

func readContact(h *sip.ContactHeader, header, fallback time.Duration) (contact, bool) {
	if !strings.EqualFold(h.Address.Scheme, "sip") || h.Address.Host == "" {
		return contact{}, false
	}
	c := contact{uri: *h.Address.Clone(), q: 1000, expires: header}
	if v, ok := sip.ParamValue(h.Params, "expires"); ok {
		c.expires = readExpires(v, fallback)
	}
	if v, ok := sip.ParamValue(h.Params, "q"); ok {
		q, err := strconv.ParseFloat(v, 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return contact{}, false
		}
		c.q = int(math.Round(q * 1000))
	}
	c.instance, _ = sip.ParamValue(h.Params, "+sip.instance")
	c.regID, _ = sip.ParamValue(h.Params, "reg-id")
	return c, true
}

// readExpires reads delta-seconds. What isn't a number counts as 3600 in RFC 3261,
// section 10.2.1.1; here as the default.
func readExpires(s string, fallback time.Duration) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return fallback
	}
	return time.Duration(n) * time.Second
}

// contactValue writes a binding for the 200.
func contactValue(b binding, now time.Time) string {
	// Rounded up, so that a client which asks for 60 s reads 60.
	left := int(math.Ceil(b.expires.Sub(now).Seconds()))
	v := "<" + b.uri.String() + ">;expires=" + strconv.Itoa(left)
	if b.q != 1000 {
		v += ";q=" + strconv.FormatFloat(float64(b.q)/1000, 'f', -1, 64)
	}
	if b.instance != "" {
		v += ";+sip.instance=" + sip.Quote(b.instance)
	}
	if b.regID != "" {
		v += ";reg-id=" + b.regID
	}
	return v
}

// register serves a REGISTER. The loop calls it.
func (x *exchange) register(tx sip.ServerTransaction) {
	req := tx.Request()
	user, ok := x.prove(tx, 401)
	if !ok {
		return
	}
	r, d := readRegistration(req, x.domain, x.store.limits, source(tx))
	if f, bad := d.(refuse); bad {
		x.refuse(tx, f)
		return
	}
	if r.aor != user {
		x.refuse(tx, refuse{code: 403, reason: "Not Your Address of Record"})
		return
	}
	now := time.Now()
	bindings, err := x.store.apply(now, r)
	if err != nil {
		x.refuse(tx, registerFailure(err))
		return
	}
	res := sip.NewResponse(req, 200, "")
	for _, b := range bindings {
		res.AppendHeader(sip.NewHeader("Contact", contactValue(b, now)))
	}
	res.AppendHeader(sip.NewHeader("Date", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")))
	x.respond(tx, res)
	x.log.Info("registered", "user", user, "contacts", len(bindings), "from", tx.Source())
}

func registerFailure(err error) refuse {
	var brief tooBrief
	if errors.As(err, &brief) {
		seconds := strconv.Itoa(int(math.Ceil(brief.min.Seconds())))
		return refuse{code: 423, headers: []sip.Header{sip.NewHeader("Min-Expires", seconds)}}
	}
	var many tooMany
	if errors.As(err, &many) {
		return refuse{code: 403, reason: "Too Many Contacts"}
	}
	return refuse{code: 500, reason: "REGISTER Out of Order"}
}

// source is where a request came from, as the place to send requests back to.
func source(tx sip.ServerTransaction) sip.Target {
	return sip.PeerOf(tx)
}
