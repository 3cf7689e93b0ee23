package header

// q850 are the telephone network's causes that people meet (ITU-T Q.850, table 1).
// It is never written to.
var q850 = map[int]string{
	1:   "the number isn't assigned",
	2:   "the network knows no way to the number",
	3:   "the network knows no way there",
	16:  "hung up",
	17:  "the line is busy",
	18:  "the phone doesn't respond",
	19:  "nobody answers",
	20:  "the subscriber is absent",
	21:  "the call was rejected",
	22:  "the number has changed",
	23:  "the call was redirected to a new number",
	26:  "another phone took the call",
	27:  "the line is out of order",
	28:  "the number isn't complete, or not valid",
	29:  "the network refuses the facility",
	31:  "the network ended the call",
	34:  "all lines are taken",
	38:  "the network is out of order",
	41:  "the network has a passing fault",
	42:  "the exchange is overloaded",
	44:  "the line that was asked for is taken",
	47:  "the network lacks a resource",
	50:  "the facility isn't subscribed",
	55:  "incoming calls are barred",
	57:  "the line may not carry this",
	58:  "the line can't carry this now",
	63:  "the network doesn't offer this",
	65:  "the network can't carry this",
	79:  "the network doesn't know how to do that",
	87:  "the line isn't a member of the group",
	88:  "the phones don't fit together",
	102: "the network waited too long",
	111: "the network met a protocol error",
	127: "another network ended the call",
}

// Words says a reason in words for people: its own text, or what its cause means.
// Empty when it says nothing that one would want to know.
func (r Reason) Words() string {
	switch {
	case r.Elsewhere():
		return "another phone took the call"
	case r.Protocol == "Q.850" && q850[r.Cause] != "":
		return q850[r.Cause]
	}
	return r.Text
}
