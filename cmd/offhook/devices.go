package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"offhook/audio/device"
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
			if err := a.printDevices(list); err != nil {
				return err
			}
			s, err := a.settings()
			if err != nil {
				return err
			}
			return a.printVoice(s.Audio)
		},
	}
}

func (a *app) printDevices(list []device.Info) error {
	if a.global.json {
		enc := json.NewEncoder(a.stdout)
		for _, d := range list {
			if err := enc.Encode(map[string]any{
				"event": "device", "name": d.Name, "host_api": d.HostAPI, "inputs": d.In, "outputs": d.Out,
				"rate": d.Rate, "rates": d.Rates, "default_input": d.DefaultIn, "default_output": d.DefaultOut,
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
	for _, d := range list {
		use := ""
		if d.DefaultIn {
			use += "  default input"
		}
		if d.DefaultOut {
			use += "  default output"
		}
		if _, err := fmt.Fprintf(a.stdout, "%-40s %-6s in %-3d out %-3d %6d Hz%s\n", d.Name, d.HostAPI, d.In, d.Out, d.Rate, use); err != nil {
			return err
		}
	}
	return nil
}
