package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// layout is the version of the tables that this program reads and writes.
const layout = 2

const schema = `
CREATE TABLE calls (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	account     TEXT NOT NULL,
	direction   TEXT NOT NULL,
	outcome     TEXT NOT NULL,
	remote      TEXT NOT NULL,
	remote_name TEXT NOT NULL,
	local       TEXT NOT NULL,
	dialed      TEXT NOT NULL,
	started     INTEGER NOT NULL, -- ms since 1970, UTC, as all times
	answered    INTEGER,
	ended       INTEGER NOT NULL,
	cause       TEXT NOT NULL,
	code        INTEGER NOT NULL,
	reason      TEXT NOT NULL,
	codec       TEXT NOT NULL,
	sip_call_id TEXT NOT NULL,
	recording   TEXT NOT NULL
);
CREATE INDEX calls_started ON calls (started);`

// schema2 is what layout 2 adds: how far a person has looked at the calls.
const schema2 = `
CREATE TABLE looked (id INTEGER NOT NULL);
PRAGMA user_version = 2;`

const columns = `account, direction, outcome, remote, remote_name, local, dialed,
	started, answered, ended, cause, code, reason, codec, sip_call_id, recording`

// ErrNewer is returned for a file that a newer offhook has written.
var ErrNewer = errors.New("it was written by a newer offhook")

// Store is an open history file.
type Store struct {
	db   *sql.DB
	path string
}

// Open opens the file and makes it, with its directory, when it isn't there.
func Open(path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	// SQLite would make it readable for all.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	return open(path, "rwc")
}

// OpenExisting opens a file for reading and deleting; fs.ErrNotExist when there is none.
func OpenExisting(path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	return open(path, "rw")
}

func open(path, mode string) (*Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	// Another process writes for milliseconds; an immediate lock makes a
	// transaction that reads first wait too, instead of failing.
	dsn := url.URL{Scheme: "file", Path: abs, RawQuery: url.Values{
		"mode": {mode}, "_pragma": {"busy_timeout(5000)"}, "_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	db.SetMaxOpenConns(1)
	s := &Store{db, path}
	if err := s.prepare(); err != nil {
		_ = db.Close()
		if errors.Is(err, fs.ErrPermission) {
			return nil, fmt.Errorf("history: %w", err)
		}
		return nil, fmt.Errorf("history: %s can't be used: %w; move it away to begin a new one", path, err)
	}
	return s, nil
}

// prepare makes the tables in an empty file and checks the layout of any other.
func (s *Store) prepare() error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	var version int
	if err := tx.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version > layout:
		return ErrNewer
	case version == layout:
		return nil
	}
	if version == 0 {
		if _, err := tx.Exec(schema); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(schema2); err != nil {
		return err
	}
	return tx.Commit()
}

// Close releases the file.
func (s *Store) Close() error { return s.db.Close() }

// Add records a call. Its ID is ignored and a new one given.
func (s *Store) Add(ctx context.Context, c Call) (id int64, err error) {
	r, err := s.db.ExecContext(ctx, "INSERT INTO calls ("+columns+") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		c.Account, c.Direction, string(c.Outcome), c.Remote, c.RemoteName, c.Local, c.Dialed,
		c.Started.UnixMilli(), stamp(c.Answered), c.Ended.UnixMilli(), c.Cause, c.Code, c.Reason, c.Codec, c.SIPCallID, c.Recording)
	if err != nil {
		return 0, fmt.Errorf("history: %s can't be written: %w", s.path, err)
	}
	return r.LastInsertId()
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// List gives the calls that a query chooses, newest first.
func (s *Store) List(ctx context.Context, q Query) ([]Call, error) {
	where, args := q.where()
	text := "SELECT id, " + columns + " FROM calls" + where + " ORDER BY id DESC"
	if q.Limit > 0 {
		text += " LIMIT ?"
		args = append(args, q.Limit)
	}
	rows, err := s.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("history: %s can't be read: %w", s.path, err)
	}
	defer rows.Close()
	var out []Call
	for rows.Next() {
		var c Call
		var started, ended int64
		var answered sql.NullInt64
		if err := rows.Scan(&c.ID, &c.Account, &c.Direction, &c.Outcome, &c.Remote, &c.RemoteName, &c.Local, &c.Dialed,
			&started, &answered, &ended, &c.Cause, &c.Code, &c.Reason, &c.Codec, &c.SIPCallID, &c.Recording); err != nil {
			return nil, fmt.Errorf("history: %s can't be read: %w", s.path, err)
		}
		c.Started, c.Ended = time.UnixMilli(started), time.UnixMilli(ended)
		if answered.Valid {
			c.Answered = time.UnixMilli(answered.Int64)
		}
		out = append(out, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("history: %s can't be read: %w", s.path, err)
	}
	return out, nil
}

// Look remembers that the calls up to an ID were looked at; it never goes back.
func (s *Store) Look(ctx context.Context, id int64) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("history: %s can't be written: %w", s.path, err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	var was int64
	err = tx.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM looked").Scan(&was)
	if err == nil && id > was {
		if _, err = tx.ExecContext(ctx, "DELETE FROM looked"); err == nil {
			_, err = tx.ExecContext(ctx, "INSERT INTO looked (id) VALUES (?)", id)
		}
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return fmt.Errorf("history: %s can't be written: %w", s.path, err)
	}
	return nil
}

// Unseen counts the missed calls after the last one that was looked at.
func (s *Store) Unseen(ctx context.Context) (n int, err error) {
	err = s.db.QueryRowContext(ctx,
		"SELECT count(*) FROM calls WHERE outcome = ? AND id > (SELECT coalesce(max(id), 0) FROM looked)", string(Missed)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("history: %s can't be read: %w", s.path, err)
	}
	return n, nil
}

// Remove deletes one call.
func (s *Store) Remove(ctx context.Context, id int64) error {
	if _, err := s.db.ExecContext(ctx, "DELETE FROM calls WHERE id = ?", id); err != nil {
		return fmt.Errorf("history: %s can't be written: %w", s.path, err)
	}
	return nil
}

// Delete removes the calls that a query chooses (its Limit aside) and tells how many.
func (s *Store) Delete(ctx context.Context, q Query) (int64, error) {
	where, args := q.where()
	r, err := s.db.ExecContext(ctx, "DELETE FROM calls"+where, args...)
	if err != nil {
		return 0, fmt.Errorf("history: %s can't be written: %w", s.path, err)
	}
	return r.RowsAffected()
}

// where is the condition of a query with its arguments.
func (q Query) where() (string, []any) {
	var parts []string
	var args []any
	add := func(part string, values ...any) {
		parts = append(parts, part)
		args = append(args, values...)
	}
	if q.Before > 0 {
		add("id < ?", q.Before)
	}
	if q.Account != "" {
		add("account = ?", q.Account)
	}
	if q.Direction != "" {
		add("direction = ?", q.Direction)
	}
	if q.Outcome != "" {
		add("outcome = ?", string(q.Outcome))
	}
	if q.With != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(q.With) + "%"
		add(`(remote LIKE ? ESCAPE '\' OR remote_name LIKE ? ESCAPE '\')`, like, like)
	}
	if !q.Since.IsZero() {
		add("started >= ?", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		add("started < ?", q.Until.UnixMilli())
	}
	if len(parts) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(parts, " AND "), args
}
