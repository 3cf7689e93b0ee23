package config

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// kind says how one type of value is read from what the TOML decoder gives
// (string, int64, float64, bool, []any, time.Time, map) and written back.
type kind[V any] struct {
	name   string
	decode func(any) (V, error)
	encode func(V) string
	equal  func(a, b V) bool
	// cover gives what is shown in the place of a secret. Nil for what is none.
	cover func(V) V
}

func same[V comparable](a, b V) bool { return a == b }

// wrongType is the end of the sentence "account.aor …".
func wrongType(want string, raw any) error {
	return fmt.Errorf("must be %s, not %s", want, describe(raw))
}

func describe(raw any) string {
	switch raw.(type) {
	case string:
		return "text"
	case int64:
		return "a number"
	case float64:
		return "a number with a point"
	case bool:
		return "true or false"
	case []any, []map[string]any:
		return "a list"
	case map[string]any:
		return "a table"
	default:
		return "a date or time"
	}
}

// checked is a text kind whose values pass check; the empty text always does.
func checked(name string, check func(string) error) kind[string] {
	return kind[string]{
		name: name,
		decode: func(raw any) (string, error) {
			s, ok := raw.(string)
			if !ok {
				return "", wrongType("text in quotes", raw)
			}
			if strings.ContainsAny(s, "\r\n\x00") {
				return "", errors.New("must be one line")
			}
			if s == "" {
				return s, nil
			}
			return s, check(s)
		},
		encode: quote,
		equal:  same[string],
	}
}

var text = checked("text", func(string) error { return nil })

var secret = kind[Secret]{
	name: "text",
	decode: func(raw any) (Secret, error) {
		s, ok := raw.(string)
		if !ok {
			return "", wrongType("text in quotes", raw)
		}
		return Secret(s), nil
	},
	encode: func(s Secret) string { return quote(string(s)) },
	equal:  same[Secret],
	cover: func(s Secret) Secret {
		if s == "" {
			return s
		}
		return redacted
	},
}

var name = checked("name", func(s string) error {
	if strings.ContainsFunc(s, func(r rune) bool { return !isLetterOrDigit(r) && !strings.ContainsRune("._-", r) }) {
		return fmt.Errorf("%q may hold letters, digits, '-', '_' and '.' only", s)
	}
	return nil
})

var privacyKinds = []string{"none", "id", "header", "session", "user", "history", "critical"}

// privacy is RFC 3323's list.
var privacy = checked("kinds between semicolons", func(s string) error {
	kinds := strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == ',' })
	for _, k := range kinds {
		k = strings.ToLower(strings.TrimSpace(k))
		switch {
		case !slices.Contains(privacyKinds, k):
			return fmt.Errorf("holds %q; there are %s", k, strings.Join(privacyKinds, ", "))
		case k == "none" && len(kinds) > 1:
			return errors.New("contradicts itself: none stands alone")
		}
	}
	return nil
})

func isLetterOrDigit(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func oneOf(values ...string) kind[string] {
	return checked("one of "+strings.Join(values, ", "), func(s string) error {
		if slices.Contains(values, s) {
			return nil
		}
		return fmt.Errorf("must be one of %s, not %q", strings.Join(values, ", "), s)
	})
}

var boolean = kind[bool]{
	name: "true or false",
	decode: func(raw any) (bool, error) {
		b, ok := raw.(bool)
		if !ok {
			return false, wrongType("true or false", raw)
		}
		return b, nil
	},
	encode: strconv.FormatBool,
	equal:  same[bool],
}

func integer(low, high int) kind[int] {
	return kind[int]{
		name: "number",
		decode: func(raw any) (int, error) {
			n, ok := raw.(int64)
			if !ok {
				return 0, wrongType("a whole number", raw)
			}
			if n < int64(low) || n > int64(high) {
				return 0, fmt.Errorf("must be from %d to %d, not %d", low, high, n)
			}
			return int(n), nil
		},
		encode: strconv.Itoa,
		equal:  same[int],
	}
}

// duration takes "20ms" and not 20: a bare number would have to guess the unit.
func duration(low, high time.Duration) kind[time.Duration] {
	return kind[time.Duration]{
		name: "duration",
		decode: func(raw any) (time.Duration, error) {
			var s string
			switch v := raw.(type) {
			case string:
				s = v
			case int64:
				return 0, fmt.Errorf("needs a unit: write \"%ds\" or \"%dms\"", v, v)
			default:
				return 0, wrongType("a duration such as \"30s\"", raw)
			}
			d, err := time.ParseDuration(s)
			if err != nil {
				return 0, fmt.Errorf("%q is no duration: write \"20ms\", \"30s\" or \"5m\"", s)
			}
			if d < low || d > high {
				return 0, fmt.Errorf("must be from %s to %s, not %s", shortDuration(low), shortDuration(high), s)
			}
			return d, nil
		},
		encode: func(d time.Duration) string { return quote(shortDuration(d)) },
		equal:  same[time.Duration],
	}
}

// PacketTimes are those that each codec can fill a packet with (RFC 7587, section 4.2; RFC
// 3551, section 4.2), in order.
func PacketTimes() []time.Duration {
	const ms = time.Millisecond
	return []time.Duration{10 * ms, 20 * ms, 30 * ms, 40 * ms, 60 * ms}
}

// packetTime is a duration that every codec of the program can fill a packet with.
func packetTime() kind[time.Duration] {
	times := PacketTimes()
	k := duration(times[0], times[len(times)-1])
	within := k.decode
	k.decode = func(raw any) (time.Duration, error) {
		d, err := within(raw)
		if err != nil {
			return 0, err
		}
		if !slices.Contains(times, d) {
			return 0, fmt.Errorf("must be one of 10ms, 20ms, 30ms, 40ms and 60ms, not %s", d)
		}
		return d, nil
	}
	return k
}

// sessionTime is no time, or at least what every session timer has (RFC 4028, section 4).
func sessionTime() kind[time.Duration] {
	return zeroOr(90*time.Second, 24*time.Hour, "90s, or 0s for none")
}

// measuringTime is how often something is measured: never, or from 100ms to 1h.
func measuringTime() kind[time.Duration] {
	return zeroOr(100*time.Millisecond, time.Hour, "100ms, or 0s for never")
}

// zeroOr is a duration of 0, or from low to high; least is how an error says the former.
func zeroOr(low, high time.Duration, least string) kind[time.Duration] {
	k := duration(0, high)
	within := k.decode
	k.decode = func(raw any) (time.Duration, error) {
		d, err := within(raw)
		if err == nil && d != 0 && d < low {
			return 0, fmt.Errorf("must be at least %s, not %s", least, d)
		}
		return d, err
	}
	return k
}

// shortDuration is d without the zero units that Duration.String ends in: "2m", not "2m0s".
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// list is a kind of texts that pass check one by one.
func list(name string, check func(string) error) kind[[]string] {
	return kind[[]string]{
		name: name,
		decode: func(raw any) ([]string, error) {
			items, ok := raw.([]any)
			if !ok {
				return nil, wrongType("a list such as [\"a\", \"b\"]", raw)
			}
			var out []string
			for _, item := range items {
				s, ok := item.(string)
				if !ok {
					return nil, wrongType("a list of texts", item)
				}
				if err := check(s); err != nil {
					return nil, err
				}
				if slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, s) }) {
					return nil, fmt.Errorf("names %q twice", s)
				}
				out = append(out, s)
			}
			return out, nil
		},
		encode: func(v []string) string {
			quoted := make([]string, len(v))
			for i, s := range v {
				quoted[i] = quote(s)
			}
			return "[" + strings.Join(quoted, ", ") + "]"
		},
		equal: slices.Equal[[]string],
	}
}

// bitrate is Opus' (RFC 7587, section 6.1), or 0.
var bitrate = func() kind[int] {
	k := integer(0, 510000)
	within := k.decode
	k.decode = func(raw any) (int, error) {
		n, err := within(raw)
		if err == nil && n != 0 && n < 6000 {
			return 0, fmt.Errorf("must be from 6000 to 510000, or 0, not %d", n)
		}
		return n, err
	}
	return k
}()

// CodecNames are the codecs that a list may name. L16 is for tests.
func CodecNames() []string {
	return []string{"opus", "g722", "pcmu", "pcma", "l16", "l16/8000", "l16/44100", "l16/48000"}
}

var codecs = list("list of codecs", func(s string) error {
	if slices.Contains(CodecNames(), strings.ToLower(s)) {
		return nil
	}
	return fmt.Errorf("names the codec %q, which isn't one of %s", s, strings.Join(CodecNames(), ", "))
})

// someCodecs is what stands behind nothing else: a phone without a codec can't call.
var someCodecs = func() kind[[]string] {
	k := codecs
	within := k.decode
	k.decode = func(raw any) ([]string, error) {
		names, err := within(raw)
		if err == nil && len(names) == 0 {
			return nil, errors.New("names none; leave the key out for the usual ones")
		}
		return names, err
	}
	return k
}()

var nameservers = list("list of addresses", func(s string) error {
	if _, err := netip.ParseAddr(s); err == nil {
		return nil
	}
	if _, err := netip.ParseAddrPort(s); err != nil {
		return fmt.Errorf("names the DNS server %q, which is no numeric address such as \"192.0.2.53\" or \"192.0.2.53:53\"", s)
	}
	return nil
})

var headers = list("list of headers", func(s string) error {
	name, value, ok := strings.Cut(s, ":")
	// The name is a token (RFC 3261, section 25.1), and nothing may begin a second header.
	isToken := func(r rune) bool { return isLetterOrDigit(r) || strings.ContainsRune("-.!%*_+`'~", r) }
	name = strings.TrimRight(name, " \t")
	if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isToken(r) }) || strings.ContainsAny(value, "\r\n\x00") {
		return fmt.Errorf("%q isn't of the form \"Name: value\"", s)
	}
	return nil
})

// quote writes s as a TOML basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
