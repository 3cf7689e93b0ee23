package trace

import (
	"fmt"
	"runtime/debug"
)

// Panic is a panic that was recovered, as a person may be told of it and send it on: what went
// wrong often quotes what came from the network.
type Panic struct {
	// Value is what panicked, without secrets.
	Value string
	// Stack is the goroutine's, of functions and lines; what strings were passed isn't in it.
	Stack string
}

// Panicked makes one of what recover has returned. It is called by the deferred function, so that
// the stack is that of the panic.
func Panicked(recovered any) *Panic {
	return &Panic{Value: Redact(fmt.Sprint(recovered)), Stack: string(debug.Stack())}
}

func (p *Panic) Error() string {
	return fmt.Sprintf("this is a fault of offhook's own: %s\n%s", p.Value, p.Stack)
}
