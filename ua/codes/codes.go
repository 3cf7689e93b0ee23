// Package codes says what a SIP status code means to a person: what happened, and
// what helps.
//
//	486 --Of--> Words{"the other side is busy", "try again later"}
//
// It is pure and a leaf: package ua makes its sentences of it, and anyone may call it.
package codes

// Words is what a status code means to a person.
type Words struct {
	// What happened, as the middle of a sentence.
	What string
	// Todo is what helps, or what happens next; empty where nothing does.
	Todo string
}

// registered has every status code of IANA's registry of SIP response codes. It is
// never written to.
var registered = map[int]Words{
	100: {"the next server has the request and works on it", "wait"},
	180: {"the other side rings", "wait for the answer"},
	181: {"the call is being forwarded", "wait for the answer"},
	182: {"the call waits in a queue", "wait for your turn"},
	183: {"the call is on its way, perhaps with an announcement", "listen, or wait for the answer"},
	199: {"one of the phones that rang doesn't any more", "wait for the others"},

	200: {"it worked", ""},
	202: {"it was accepted and is under way", ""},
	204: {"it worked, and there is nothing new to tell", ""},

	300: {"the other side may be reached at several addresses", "choose one of them"},
	301: {"the other side has moved to another address", "call that one, and correct the contact"},
	302: {"the other side is at another address for now", "call that one"},
	305: {"the call has to go through another proxy", "set it as the account's outbound proxy"},
	380: {"the call can't be made so, but another service may do", "see what the answer offers"},

	400: {"the other side didn't understand the message", "look at the trace; one of the two programs has a fault"},
	401: {"a password is asked for", "check the account's auth user and password"},
	402: {"a payment is asked for", "ask your provider about the account's credit"},
	403: {"the server forbids it", "ask whether the account may do this; the password may be wrong too"},
	404: {"there is no such user", "check the number or the address"},
	405: {"the other side doesn't know how to do that", ""},
	406: {"the other side can't answer in a form that is accepted here", ""},
	407: {"the proxy asks for a password", "check the account's auth user and password"},
	408: {"the other side couldn't be reached in time", "try again later"},
	410: {"the user is no longer there", "remove or correct the contact"},
	412: {"what was published before has changed or expired", "publish it anew"},
	413: {"the message was too large for the other side", "offer fewer codecs, or send a shorter text"},
	414: {"the address was too long for the other side", "shorten it"},
	415: {"the other side doesn't take this kind of message body", ""},
	416: {"the other side doesn't take this kind of address", "write it as sip:user@host"},
	417: {"the other side doesn't know the priority that was asked for", "leave the Resource-Priority out"},
	420: {"the other side lacks an extension that was required", "don't require it"},
	421: {"the other side requires an extension that isn't in use here", "switch it on in the account, if it is known here"},
	422: {"the session timer is too short for the other side", "ask for a longer one"},
	423: {"the server wants a longer interval", "raise the account's expires"},
	424: {"the location that was sent isn't valid", "correct it, or leave it out"},
	425: {"the alert's text can't be understood", "correct the Alert-Info"},
	428: {"the server wants a signed identity", "call through your provider's proxy, which signs it"},
	429: {"the server wants to know who transfers the call", "transfer it through the exchange"},
	430: {"the connection to the other side's phone is broken", "try again; the server has another way perhaps"},
	433: {"the other side takes no anonymous calls", "call without privacy"},
	436: {"the certificate of the signed identity can't be fetched", "ask your provider"},
	437: {"the certificate of the signed identity isn't trusted", "ask your provider"},
	438: {"the signature of the identity is wrong", "ask your provider; check this machine's clock"},
	439: {"the first proxy doesn't keep connections open for incoming calls", "switch outbound off in the account"},
	440: {"the call would ring in too many places", "call fewer targets"},
	469: {"the other side doesn't know this kind of INFO", "choose another way for digits (dtmf)"},
	470: {"the other side hasn't agreed to be called by you", "ask them to allow it"},
	480: {"the other side isn't available now", "try again later"},
	481: {"the other side knows of no such call", "call again"},
	482: {"the message went round in a loop", "check the forwarding on the way"},
	483: {"the message passed too many proxies", "check the forwarding on the way"},
	484: {"the number is incomplete", "dial all of it"},
	485: {"the address is ambiguous", "use a more precise one"},
	486: {"the other side is busy", "try again later"},
	487: {"the call was given up", ""},
	488: {"the two sides don't fit together: no audio format, or nothing else that was offered, is known to both", "offer other codecs, or another encryption or way (srtp, ice)"},
	489: {"the server doesn't know what was subscribed to", ""},
	491: {"both sides changed the call at once", "try again"},
	493: {"the other side couldn't decrypt the message", "check the certificates"},
	494: {"the server wants to agree on security first", "that isn't known here; use TLS"},

	500: {"the server failed", "try again later"},
	501: {"the server doesn't know how to do that", ""},
	502: {"a gateway got a bad answer", "try again later"},
	503: {"the server is overloaded or down", "try again later"},
	504: {"a server further on didn't answer in time", "try again later"},
	505: {"the other side speaks another version of SIP", ""},
	513: {"the message was too large for the other side", "offer fewer codecs, or send a shorter text"},
	555: {"the server can't wake the other side's phone", "try again later"},
	580: {"the resources that the call needs aren't free", "call without preconditions"},

	600: {"the other side is busy everywhere", "try again later"},
	603: {"the other side declined the call", ""},
	604: {"there is no such user anywhere", "check the number or the address"},
	606: {"nothing that was offered suits the other side", "offer other codecs"},
	607: {"the other side doesn't want the call", "don't call again"},
	608: {"the call was rejected as unwanted on the way", "ask the one who rejected it; the answer may say whom"},
}

// String is a sentence without its end: what happened and, where there is something to
// do, what.
func (w Words) String() string {
	if w.Todo == "" {
		return w.What
	}
	return w.What + "; " + w.Todo
}

// Of knows codes outside the registry by their class (RFC 3261, section 8.1.3.2).
func Of(code int) Words {
	if w, ok := registered[code]; ok {
		return w
	}
	switch {
	case code < 100 || code > 699:
		return Words{"it failed", ""}
	case code < 200:
		return Words{"the call is on its way", "wait"}
	case code < 300:
		return Words{"it worked", ""}
	case code < 400:
		return Words{"the other side is elsewhere", ""}
	case code < 500:
		return Words{"the request was refused", ""}
	case code < 600:
		return Words{"the server failed", "try again later"}
	}
	return Words{"the call was refused everywhere", ""}
}
