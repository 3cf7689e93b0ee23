package keys

// soundTable is what one does with sound devices.
var soundTable = []Binding{
	{Context: Anywhere, Action: Devices, Keys: []string{"f10", "alt+d"}, Shown: "F10", Hint: "sound", Rank: 14,
		Help: "sound devices: another microphone, ear or ringing, in a call too", Needs: []Need{NeedSound}},

	{Context: InDevices, Action: TakeDevice, Keys: []string{"enter"}, Shown: "enter", Hint: "use it", Rank: 1,
		Help: "use this device from now on, in a call too", Needs: []Need{NeedEntry}},
	{Context: InDevices, Action: Devices, Keys: []string{"f10", "alt+d", "ctrl+r"}, Shown: "F10", Hint: "look again", Rank: 2, Help: "look again for devices"},
	{Context: InDevices, Action: LineUp, Keys: []string{"up", "ctrl+p", "shift+tab"}, Shown: "↑", Help: "one line up"},
	{Context: InDevices, Action: LineDown, Keys: []string{"down", "tab"}, Shown: "↓", Hint: "choose", Rank: 3, Help: "one line down"},
	{Context: InDevices, Action: PageUp, Keys: []string{"pgup"}, Shown: "pgup", Help: "one page up"},
	{Context: InDevices, Action: PageDown, Keys: []string{"pgdown"}, Shown: "pgdn", Help: "one page down"},
	{Context: InDevices, Action: ClosePanel, Keys: []string{"esc"}, Shown: "esc", Hint: "close", Rank: 4, Help: "close"},
}
