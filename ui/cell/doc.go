// Package cell measures and cuts text in terminal cells.
//
// Whatever the network said passes through [Clean] before it is measured: names
// and reasons come from strangers, and a terminal obeys what it prints. Styled
// strings of our own may carry escape sequences; the other functions here count
// and cut around them. Everything is pure; panes and overlays call it.
package cell
