package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Groups of commands in the help.
const (
	groupPhone = "phone"
	groupTest  = "test"
	groupSetup = "setup"
)

// globalFlags belong to every command.
type globalFlags struct {
	nameservers []string
	config      string
	json        bool
	verbose     int
}

// rootCommand is the whole tree of commands.
func (a *app) rootCommand() *cobra.Command {
	root := a.bareRoot()
	var phone phoneFlags
	phone.addTo(root)
	var policy policyFlags
	policy.addTo(root)
	phone.history.addTo(root)
	root.RunE = func(cmd *cobra.Command, _ []string) error { return a.runScreen(cmd, &phone, &policy) }
	for _, e := range a.entries() {
		e.addTo(root)
	}
	askable(root)
	return dressed(root)
}

// commandFor is the part of the tree that a command line needs: a start doesn't wait for the
// flags of all the other commands. What can't be told from the first word needs the whole.
func (a *app) commandFor(args []string) *cobra.Command {
	for _, e := range a.entries() {
		if len(args) > 0 && e.name == args[0] && !e.whole {
			root := a.bareRoot()
			e.addTo(root)
			return dressed(root)
		}
	}
	return a.rootCommand()
}

// entry is a command below the root.
type entry struct {
	name, group string
	build       func() *cobra.Command
	whole       bool // it has to do with all the others
}

// entries are all of them, in the order of the help.
func (a *app) entries() []entry {
	return []entry{
		{name: "demo", group: groupPhone, build: a.demoCommand},
		{name: "pbx", group: groupPhone, build: a.pbxCommand},
		{name: "call", group: groupTest, build: a.callCommand},
		{name: "answer", group: groupTest, build: a.answerCommand},
		{name: "register", group: groupTest, build: a.registerCommand},
		{name: "options", group: groupTest, build: a.optionsCommand},
		{name: "message", group: groupTest, build: a.messageCommand},
		{name: "subscribe", group: groupTest, build: a.subscribeCommand},
		{name: "history", group: groupPhone, build: a.historyCommand},
		{name: "contacts", group: groupPhone, build: a.contactsCommand},
		{name: "account", group: groupSetup, build: a.accountCommand},
		{name: "config", group: groupSetup, build: a.configCommand},
		{name: "devices", group: groupSetup, build: a.devicesCommand},
		{name: "nat", group: groupSetup, build: a.natCommand},
		{name: "completion", group: groupSetup, build: a.completionCommand, whole: true},
		{name: "version", group: groupSetup, build: a.versionCommand},
		{name: "gen", build: a.genCommand, whole: true},
	}
}

func (e entry) addTo(root *cobra.Command) {
	c := e.build()
	c.GroupID = e.group
	root.AddCommand(c)
}

// bareRoot is the root with what all commands have.
func (a *app) bareRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "offhook",
		Short: "A SIP softphone for the terminal",
		Long: `offhook is a SIP softphone for the terminal. Without a command it opens the
phone's screen with the accounts of the configuration; with one it does a
single thing, prints what happens and ends with an exit code that says how it
went.`,
		Example: `  offhook demo                                  # try it: nothing to configure
  offhook account add work --aor sip:alice@example.org --password-prompt
  offhook                                       # the phone
  offhook call sip:bob@example.org --play hello.wav --duration 10s --json`,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if a.homeless != nil && keepsFiles(cmd) {
				return fail(exitConfig, a.homeless)
			}
			return nil
		},
		CompletionOptions: cobra.CompletionOptions{
			DisableDefaultCmd: true,
		},
	}
	f := root.PersistentFlags()
	f.StringVar(&a.global.config, "config", "", "configuration `FILE`, instead of $OFFHOOK_CONFIG or ~/.config/offhook/config.toml")
	f.BoolVar(&a.global.json, "json", false, "print events as NDJSON on stdout")
	f.StringArrayVar(&a.global.nameservers, "nameserver", nil, "ask the DNS server at `ADDRESS` or ADDRESS:PORT, not the system's; may be repeated")
	f.CountVarP(&a.global.verbose, "verbose", "v", "log to stderr what happens; twice: in detail")
	inGroup(f, "output", "config", "json", "verbose")
	inGroup(f, "servers", "nameserver")

	root.AddGroup(
		&cobra.Group{ID: groupPhone, Title: "The phone:"},
		&cobra.Group{ID: groupTest, Title: "One call, one request:"},
		&cobra.Group{ID: groupSetup, Title: "Set-up:"},
	)
	return root
}

// dressed finishes a tree.
func dressed(root *cobra.Command) *cobra.Command {
	choosing(root)
	typed(root)
	root.SetUsageFunc(usage)
	root.SetHelpCommandGroupID(groupSetup)
	return root
}

// flagGroup is the annotation that names the group of a flag.
const flagGroup = "offhook-group"

// flagGroups are the groups in the order of the help: what the command does, how it sounds,
// who calls and by which way, and what is told of it.
var flagGroups = []struct{ id, title string }{
	{"behaviour", "Behaviour:"},
	{"parties", "Other parties:"},
	{"says", "What the other side is told:"},
	{"sound", "Sound:"},
	{"microphone", "Microphone:"},
	{"codec", "Codecs and digits:"},
	{"network", "Audio on the network:"},
	{"account", "Account:"},
	{"servers", "Servers and transport:"},
	{"dialog", "SIP within calls:"},
	{"security", "Encryption of calls:"},
	{"output", "Output:"},
	{"", "Flags:"},
}

func inGroup(f *pflag.FlagSet, group string, names ...string) {
	for _, n := range names {
		// The flag was defined a line above: a wrong name is a bug that every run shows.
		if err := f.SetAnnotation(n, flagGroup, []string{group}); err != nil {
			panic(err)
		}
	}
}

// grouped splits a command's flags by group, inherited ones included.
func grouped(cmd *cobra.Command) map[string]*pflag.FlagSet {
	out := map[string]*pflag.FlagSet{}
	put := func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		group := ""
		if g := f.Annotations[flagGroup]; len(g) > 0 {
			group = g[0]
		}
		if out[group] == nil {
			out[group] = pflag.NewFlagSet("", pflag.ContinueOnError)
			out[group].SortFlags = false
		}
		out[group].AddFlag(f)
	}
	cmd.LocalFlags().SortFlags = false
	cmd.LocalFlags().VisitAll(put)
	_, calls := out["servers"]
	cmd.InheritedFlags().VisitAll(put)
	if !calls {
		delete(out, "servers") // --nameserver is taken, but nobody's name is asked for
	}
	return out
}
