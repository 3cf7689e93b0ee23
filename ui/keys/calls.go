package keys

// callTable is what one does with calls beside making and taking them.
var callTable = []Binding{
	{Context: InDial, Action: Pickup, Keys: []string{"ctrl+g"}, Shown: "ctrl+g",
		Help: "pick up the call that rings at what the line says", Needs: []Need{NeedTarget}},
	{Context: InDial, Action: Retrieve, Keys: []string{"ctrl+y"}, Shown: "ctrl+y",
		Help: "take the parked call back from the place that the line says", Needs: []Need{NeedTarget}},

	{Context: InCalls, Action: Conference, Keys: []string{"c"}, Shown: "c", Hint: "conference", Rank: 3,
		Help: "join all calls that are up: each hears all others", Needs: []Need{NeedCall, NeedTwoUp}},
	{Context: InCalls, Action: Split, Keys: []string{"o"}, Shown: "o", Hint: "take out", Rank: 3,
		Help: "take the call out of the conference and hold it", Needs: []Need{NeedCall, NeedConference}},
	{Context: InCalls, Action: HangupAll, Keys: []string{"X"}, Shown: "X", Hint: "end for all", Rank: 4,
		Help: "hang up on everybody in the conference", Needs: []Need{NeedCall, NeedConference}},
	{Context: InCalls, Action: Transfer, Keys: []string{"t"}, Shown: "t", Hint: "transfer", Rank: 5,
		Help:  "transfer: send the other side to a number, or connect it with another call of yours",
		Needs: []Need{NeedCall, NeedTalking, NeedNoTransfer}},
	{Context: InCalls, Action: Park, Keys: []string{"p"}, Shown: "p",
		Help: "park the call at the PBX, for any phone to take it back", Needs: []Need{NeedCall, NeedTalking, NeedNoTransfer}},
	{Context: InCalls, Action: CallDetails, Keys: []string{"i"}, Shown: "i", Hint: "details", Rank: 8,
		Help: "all that is known of the call", Needs: []Need{NeedCall}},

	{Context: InIncoming, Action: SendOn, Keys: []string{"f"}, Shown: "f", Hint: "send on", Rank: 5,
		Help: "send the caller on to somebody else (302)"},
	{Context: InIncoming, Action: RejectWith, Keys: []string{"c"}, Shown: "c", Hint: "with code", Rank: 6,
		Help: "reject with an answer of your choice"},

	{Context: InPrompt, Action: Submit, Keys: []string{"enter"}, Shown: "enter", Hint: "do it", Rank: 1,
		Help: "do it, with what was typed or chosen"},
	{Context: InPrompt, Action: AskFirst, Keys: []string{"tab"}, Shown: "tab", Hint: "ask first", Rank: 2,
		Help: "call whom the line names and talk first; t then connects the two", Needs: []Need{NeedTransferred}},
	{Context: InPrompt, Action: ChoiceUp, Keys: []string{"up"}, Shown: "↑", Help: "the choice above", Needs: []Need{NeedChoices}, Quiet: true},
	{Context: InPrompt, Action: ChoiceDown, Keys: []string{"down"}, Shown: "↓", Hint: "choose", Rank: 3,
		Help: "the choice below", Needs: []Need{NeedChoices}, Quiet: true},
	{Context: InPrompt, Action: CloseBox, Keys: []string{"esc"}, Shown: "esc", Hint: "leave", Rank: 4, Help: "leave everything as it is"},

	{Context: InConsent, Action: Agree, Keys: []string{"y"}, Shown: "y", Hint: "yes", Rank: 1, Help: "yes, do what the other side asks"},
	{Context: InConsent, Action: Refuse, Keys: []string{"n", "esc"}, Shown: "n", Hint: "no", Rank: 2, Help: "no"},

	{Context: InPolicy, Action: Submit, Keys: []string{"enter"}, Shown: "enter", Hint: "use these", Rank: 1, Help: "put it in force"},
	{Context: InPolicy, Action: ChoiceDown, Keys: []string{"down", "tab"}, Shown: "↓", Hint: "next", Rank: 2, Help: "next line"},
	{Context: InPolicy, Action: ChoiceUp, Keys: []string{"up", "shift+tab"}, Shown: "↑", Help: "line before"},
	{Context: InPolicy, Action: Toggle, Keys: []string{"ctrl+o"}, Shown: "ctrl+o", Hint: "do not disturb on, off", Rank: 3,
		Help: "do-not-disturb on or off; space does it on its line"},
	{Context: InPolicy, Action: CloseBox, Keys: []string{"esc"}, Shown: "esc", Hint: "leave", Rank: 4, Help: "leave everything as it is"},

	{Context: Anywhere, Action: ToggleDND, Keys: []string{"ctrl+o"}, Shown: "ctrl+o", Help: "do not disturb: no call rings; again: calls ring"},
	{Context: Anywhere, Action: EditPolicy, Keys: []string{"f4"}, Shown: "F4", Help: "do not disturb and forwarding"},
	{Context: Anywhere, Action: AccountDetails, Keys: []string{"f5"}, Shown: "F5", Help: "all that is known of the account’s registration", Needs: []Need{NeedAccount}},
}
