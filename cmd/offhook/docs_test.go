package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"offhook/audio"
	"offhook/ua"
	"offhook/ua/call"
)

// TestDocsAreCurrent compares what `make docs` would write with what is there.
func TestDocsAreCurrent(t *testing.T) {
	files, err := generated((&app{}).rootCommand())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		path := filepath.Join("../../docs", name)
		got, err := os.ReadFile(path)
		if err != nil || string(got) != string(want) {
			t.Errorf("docs/%s isn't what the commands say (%v): run make docs", name, err)
		}
	}
}

// TestEveryCommandHelps checks that each command has an example and that no flag
// lacks its group.
func TestEveryCommandHelps(t *testing.T) {
	for _, c := range leaves((&app{}).rootCommand()) {
		if c.Example == "" {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for name, flags := range grouped(c) {
			if name == "" && flags.HasAvailableFlags() && flags.Lookup("help") == nil {
				t.Errorf("%s has flags without a group: %s", c.CommandPath(), flags.FlagUsages())
			}
		}
	}
}

// everyEvent is one of each event type that --json prints.
var everyEvent = []any{
	listeningEvent{}, registeredEvent{}, unregisteredEvent{}, registrationFailedEvent{}, callStateEvent{}, holdEvent{}, conferenceEvent{}, recordingEvent{},
	mediaEvent{}, mediaWarningEvent{}, securityEvent{}, qualityReportEvent{}, dtmfEvent{}, callEndedEvent{}, optionsEvent{}, natEvent{}, errorEvent{}, callRefusedEvent{}, policyEvent{}, explanation{}, demoReport{}, pbxEvent{},
	networkChangedEvent{}, keepAliveEvent{}, insecureEvent{}, redirectedEvent{}, transferEvent{}, sessionTimerEvent{}, pendingEvent{},
	audioDeviceEvent{}, iceEvent{},
	messageEvent{}, messageSentEvent{}, subscriptionEvent{}, notifyEvent{}, presenceEvent{},
}

// TestEveryEventIsListed compares the list above with the types of the package.
func TestEveryEventIsListed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, e := range everyEvent {
		listed[reflect.TypeOf(e).Name()] = true
	}
	declared := regexp.MustCompile(`(?m)^(?:type|\t) ?(\w+Event) struct \{`)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllStringSubmatch(string(b), -1) {
			if !listed[m[1]] {
				t.Errorf("%s isn't in everyEvent", m[1])
			}
		}
	}
}

// TestEventsAreDocumented checks that docs/events.md names every field.
func TestEventsAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if tag != "" && !strings.Contains(text, "`"+tag+"`") {
				t.Errorf("docs/events.md doesn't tell of %q (%s)", tag, typ.Name())
			}
			inner := f.Type
			for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[time.Time]() {
				walk(inner)
			}
		}
	}
	for _, e := range everyEvent {
		walk(reflect.TypeOf(e))
	}
	for s := call.Idle; s <= call.Ended; s++ {
		if s != call.Idle && !strings.Contains(text, "`"+s.String()+"`") {
			t.Errorf("docs/events.md doesn't tell of the state %q", s.String())
		}
	}
	for c := call.LocalHangup; c <= call.AnsweredElsewhere; c++ {
		if !strings.Contains(text, "`"+c.String()+"`") {
			t.Errorf("docs/events.md doesn't tell of the cause %q", c.String())
		}
	}
	for k := range audio.Oddity(audio.NumOddities) {
		if !strings.Contains(text, "`"+k.String()+"`") {
			t.Errorf("docs/events.md doesn't tell of the oddity %q", k)
		}
	}
	for c := ua.MediaStarted; c <= ua.MediaMutedSpeech; c++ {
		if !strings.Contains(text, "`"+c.String()+"`") {
			t.Errorf("docs/events.md doesn't tell of the change %q", c.String())
		}
	}
}

// TestLinksLead checks that each relative link of the documents leads to a file.
func TestLinksLead(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../../README.md") {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(b), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
			}
		}
	}
}
