package words

// Command says what a person asked for when the Agent couldn't do it, to follow "can't".
func Command(name string) string {
	switch name {
	case "dial":
		return "call"
	case "transfer":
		return "transfer the call"
	case "consent":
		return "answer that"
	case "conference":
		return "join the calls"
	case "split":
		return "take the call out of the conference"
	case "park":
		return "park the call"
	case "pickup":
		return "pick up the call"
	case "redirect":
		return "forward the call"
	case "policy":
		return "change the rules"
	case "move":
		return "move the call to the new network"
	case "dtmf":
		return "send the digit"
	case "hangup":
		return "hang up"
	case "focus":
		return "take the call up"
	case "subscribe":
		return "watch that"
	case "unsubscribe":
		return "stop watching"
	case "publish":
		return "publish the presence"
	case "add-account":
		return "add the account"
	case "record-conference":
		return "record the conference"
	case "stop-record-conference":
		return "stop recording"
	case "audio devices":
		return "change the sound devices"
	case "stop-record":
		return "stop recording"
	case "unregister":
		return "sign off"
	}
	return name
}
