package overlay

import (
	"time"

	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/people"
)

// History lists the calls that were.
type History struct {
	List
	// Doomed is the call whose deletion was asked for once; 0 for none.
	Doomed int64
}

// Spare takes the question back whether to delete.
func (o *History) Spare() { o.Doomed, o.Note = 0, "" }

// Typed is called when the search has changed.
func (o *History) Typed() { o.Doomed = 0; o.List.Typed() }

// Context says whose keys these are.
func (*History) Context() keys.Context { return keys.InHistory }

// Line is what is typed into.
func (o *History) Line() *pane.Line { return &o.Query }

// Call is the selected one.
func (o *History) Call(past people.Past, book people.Book) (people.Call, bool) {
	rows := past.Search(o.Query.Text(), book)
	if i := o.Selected(len(rows)); i >= 0 {
		return rows[i], true
	}
	return people.Call{}, false
}

// HistoryView draws History.
type HistoryView struct {
	*History
	Past  people.Past
	Book  people.Book
	Now   time.Time
	Facts keys.Facts
	Err   error
}

// Render draws the box in at most width by height cells.
func (v HistoryView) Render(width, height int) string {
	rows := v.Past.Search(v.Query.Text(), v.Book)
	empty := "No call matches."
	switch {
	case v.Err != nil:
		empty = v.Err.Error()
	case len(v.Past.Calls) == 0:
		empty = "No calls yet."
	}
	return v.List.render(listView{
		title: "Calls", placeholder: "search by name, address or missed", n: len(rows), empty: empty,
		ctx: keys.InHistory, facts: v.Facts,
		row: func(i int, selected bool, w int) string {
			return pane.PastLine(v.Theme, rows[i], v.Book, v.Now, selected, w)
		},
	}, width, height)
}
