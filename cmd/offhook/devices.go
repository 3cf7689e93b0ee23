package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offhook/audio/device"
	"offhook/config"
)

func (a *app) devicesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "devices",
		Short: "List the sound devices",
		Long: `List the sound devices that --audio-in and --audio-out, and audio.input and
audio.output of the configuration, can name. A part of a name is enough when
only one device has it. Then what a microphone goes through is said.`,
		Example: "  offhook devices\n  offhook devices --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			list, err := device.List()
			if err != nil {
				return fail(exitInternal, err)
			}
			s, err := a.settings()
			if err != nil {
				return err
			}
			if err := a.printDevices(list, chosen(list, s.Audio)); err != nil {
				return err
			}
			return a.printVoice(s.Audio)
		},
	}
}

// chosen says what calls use each device of list for: "microphone", "ear", "ringing".
func chosen(list []device.Info, c config.Audio) map[int][]string {
	use := make(map[int][]string)
	mark := func(microphone bool, spec, what string) {
		// What the configuration names and isn't there is said by config check, and by a call.
		if i, err := device.Choose(list, microphone, spec); err == nil && i >= 0 {
			use[i] = append(use[i], what)
		}
	}
	mark(true, c.Input, "microphone")
	mark(false, c.Output, "ear")
	if c.Ring != "" {
		mark(false, c.Ring, "ringing")
	}
	return use
}

func (a *app) printDevices(list []device.Info, use map[int][]string) error {
	if a.global.json {
		enc := json.NewEncoder(a.stdout)
		for i, d := range list {
			if err := enc.Encode(map[string]any{
				"event": "device", "name": d.Name, "host_api": d.HostAPI, "inputs": d.In, "outputs": d.Out,
				"rate": d.Rate, "rates": d.Rates, "default_input": d.DefaultIn, "default_output": d.DefaultOut,
				"input_delay_ms": ms(d.InDelay), "output_delay_ms": ms(d.OutDelay), "used_as": append([]string{}, use[i]...),
			}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.stdout, "no sound devices here; file:PATH, tone:HZ, silence and null work without one")
		return err
	}
	for i, d := range list {
		var facts []string
		if d.DefaultIn {
			facts = append(facts, "default input")
		}
		if d.DefaultOut {
			facts = append(facts, "default output")
		}
		if len(use[i]) > 0 {
			facts = append(facts, "calls use it: "+strings.Join(use[i], ", "))
		}
		if _, err := fmt.Fprintf(a.stdout, "%-32s %-6s in %-3d out %-3d %6d Hz  %s  %s\n", d.Name, d.HostAPI, d.In, d.Out, d.Rate, delays(d), strings.Join(facts, "; ")); err != nil {
			return err
		}
	}
	return nil
}

// delays are the shortest delays of a device in words.
func delays(d device.Info) string {
	var out []string
	for _, side := range []struct {
		there int
		word  string
		delay time.Duration
	}{{d.In, "in", d.InDelay}, {d.Out, "out", d.OutDelay}} {
		if side.there > 0 {
			out = append(out, fmt.Sprintf("%s from %.0f ms", side.word, ms(side.delay)))
		}
	}
	return strings.Join(out, ", ")
}
