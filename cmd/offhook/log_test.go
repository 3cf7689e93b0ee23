package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"offhook/config"
	"offhook/ua"
)

func TestLogWithoutSecrets(t *testing.T) {
	const hash, key = "6629fae49393a05397450978507c4ef1", "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
	var out bytes.Buffer
	log := newLog(&out, slog.LevelDebug)
	log.Info(`Digest response="`+hash+`"`, "err", fmt.Errorf("a line is wrong: a=crypto:1 X inline:%s|2^20", key))
	log.With("sdp", "a=ice-pwd:"+key+"\r\n").WithGroup("g").Debug("x", "password", ua.Secret(key), "configured", config.Secret(key),
		"account", ua.Account{Name: "work", Password: key, Credentials: []ua.Credential{{Password: key}}})
	if s := out.String(); strings.Contains(s, hash) || strings.Contains(s, key) || !strings.Contains(s, "response=") || !strings.Contains(s, "|2^20") || !strings.Contains(s, "work") {
		t.Error(s)
	}
}
