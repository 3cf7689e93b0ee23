// Package theme holds the styles and glyphs of the screen: one accent, three
// signal colours, and attributes. Nothing on the screen is told by colour alone.
//
// A Theme is built once and read by panes and overlays; it has no global state.
package theme
