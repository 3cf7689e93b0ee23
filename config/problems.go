package config

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong in a file.
type Problem struct {
	// Line counts from 1; 0 when the whole file is meant.
	Line    int
	Message string
}

// Problems is the error of a file that can't be used: all that is wrong in it,
// so that one run tells everything.
type Problems struct {
	File string
	List []Problem
}

// Error gives one line for each problem, in the form editors jump to.
func (p *Problems) Error() string {
	lines := make([]string, len(p.List))
	for i, problem := range p.List {
		if problem.Line > 0 {
			lines[i] = fmt.Sprintf("%s:%d: %s", p.File, problem.Line, problem.Message)
		} else {
			lines[i] = fmt.Sprintf("%s: %s", p.File, problem.Message)
		}
	}
	return strings.Join(lines, "\n")
}
