package main

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// overrides are flags that stand for fields of a T in the configuration: what was typed
// takes the place of what the file says.
//
//	addTo: text, span, list  ->  puts        parse        apply: each typed flag -> its field
type overrides[T any] struct {
	set   *pflag.FlagSet
	group string
	puts  []override[T]
}

type override[T any] struct {
	flag string
	put  func(*T)
}

// overriding begins the flags of cmd that are shown in a group of its help.
func overriding[T any](cmd *cobra.Command, group string) overrides[T] {
	return overrides[T]{set: cmd.Flags(), group: group}
}

// text adds a flag for a field of text.
func (o *overrides[T]) text(name, usage string, field func(*T) *string) {
	value := o.set.String(name, "", usage)
	o.add(name, func(t *T) { *field(t) = *value })
}

// span adds a flag for a field of time.
func (o *overrides[T]) span(name, usage string, field func(*T) *time.Duration) {
	value := o.set.Duration(name, 0, usage)
	o.add(name, func(t *T) { *field(t) = *value })
}

// list adds a flag for a field of several texts.
func (o *overrides[T]) list(name, usage string, field func(*T) *[]string) {
	value := o.set.StringArray(name, nil, usage)
	o.add(name, func(t *T) { *field(t) = *value })
}

// number adds a flag for a field of a whole number.
func (o *overrides[T]) number(name, usage string, field func(*T) *int) {
	value := o.set.Int(name, 0, usage)
	o.add(name, func(t *T) { *field(t) = *value })
}

// yes adds a flag for a field that is on or off.
func (o *overrides[T]) yes(name, usage string, field func(*T) *bool) {
	value := o.set.Bool(name, false, usage)
	o.add(name, func(t *T) { *field(t) = *value })
}

func (o *overrides[T]) add(name string, put func(*T)) {
	inGroup(o.set, o.group, name)
	o.puts = append(o.puts, override[T]{name, put})
}

// apply puts what was typed over t.
func (o *overrides[T]) apply(t *T) {
	for _, p := range o.puts {
		if o.set.Changed(p.flag) {
			p.put(t)
		}
	}
}
