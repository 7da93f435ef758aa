package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"sync"
)

// prepared are the statements of a store. One that is met for the first time is prepared before the next transaction: within one
// that would take a second connection, and there may be none.
type prepared struct {
	mu     sync.RWMutex
	ready  map[string]*sql.Stmt
	wanted []string
}

// prepare prepares what was met for the first time. What cannot be prepared is tried again another time.
func (s *Store) prepare(ctx context.Context) {
	p := &s.prepared
	p.mu.RLock()
	none := len(p.wanted) == 0
	p.mu.RUnlock()
	if none {
		return
	}
	p.mu.Lock()
	wanted := p.wanted
	p.wanted = nil
	p.mu.Unlock()
	for _, text := range wanted {
		if p.get(text) != nil {
			continue
		}
		if stmt, err := s.db.PrepareContext(ctx, s.text(text)); err == nil {
			p.put(text, stmt)
		}
	}
}

func (p *prepared) get(text string) *sql.Stmt {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.ready[text]
}

func (p *prepared) put(text string, stmt *sql.Stmt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ready[text] != nil {
		_ = stmt.Close() // somebody else was faster
		return
	}
	if p.ready == nil {
		p.ready = map[string]*sql.Stmt{}
	}
	p.ready[text] = stmt
}

// on returns a statement on any connection of a handle.
func (p *prepared) on(ctx context.Context, db *sql.DB, text, said string) (*sql.Stmt, error) {
	if stmt := p.get(text); stmt != nil {
		return stmt, nil
	}
	stmt, err := db.PrepareContext(ctx, said)
	if err != nil {
		return nil, err
	}
	p.put(text, stmt)
	return p.get(text), nil
}

func (p *prepared) want(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = append(p.wanted, text)
}

// tx is a transaction under way. It is for one goroutine, and its rows are closed before the next statement.
type tx struct {
	*Store
	ctx   context.Context
	tx    *sql.Tx // nil: what is asked is one statement
	stmts map[string]*sql.Stmt
	args  []any // room for what is bound
	dest  []any // room for where to scan to
}

// read runs what only reads, on one consistent state.
func (s *Store) read(ctx context.Context, op string, do func(*tx) error) error {
	if s.settings.dialect.server {
		return s.within(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}, op, do)
	}
	return s.within(ctx, &sql.TxOptions{ReadOnly: true}, op, do)
}

// readOne is read for what takes one statement, which is consistent in itself: on a server it is one round trip.
func (s *Store) readOne(ctx context.Context, op string, do func(*tx) error) error {
	if !s.settings.dialect.server || s.joined != nil {
		return s.read(ctx, op, do)
	}
	return do(&tx{Store: s, ctx: ctx})
}

// write runs what writes, by one whose turn it is. The first statement must be a write: it waits for the writers of other processes.
func (s *Store) write(ctx context.Context, op string, do func(*tx) error) error {
	return s.within(ctx, nil, op, do)
}

// within runs do in a transaction and commits it unless do fails. The context may end while a connection is waited for; from then
// on a transaction in a file goes to its end.
func (s *Store) within(ctx context.Context, opts *sql.TxOptions, op string, do func(*tx) error) error {
	if s.joined != nil {
		return s.inJoined(ctx, opts, do)
	}
	s.prepare(ctx)
	conn, err := s.db.Conn(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return s.failed(op, err)
	}
	defer func() { _ = conn.Close() }() // gives it back
	whole := ctx
	if !s.settings.dialect.server {
		whole = context.WithoutCancel(ctx)
	}
	begun, err := conn.BeginTx(whole, opts)
	if err != nil {
		return s.failed(op, err)
	}
	defer func() { _ = begun.Rollback() }() // does nothing after a commit
	t := &tx{Store: s, ctx: whole, tx: begun, stmts: make(map[string]*sql.Stmt, 32)}
	if err := do(t); err != nil {
		return err
	}
	if opts != nil && opts.ReadOnly {
		return nil
	}
	if err := begun.Commit(); err != nil {
		return s.settings.classes.Committing("commit", err)
	}
	return nil
}

// stmt returns a statement on the connection of the transaction.
func (t *tx) stmt(text string) (*sql.Stmt, error) {
	if stmt := t.stmts[text]; stmt != nil {
		return stmt, nil
	}
	if t.tx == nil {
		return t.prepared.on(t.ctx, t.db, text, t.text(text))
	}
	var stmt *sql.Stmt
	if ready := t.prepared.get(text); ready != nil {
		stmt = t.tx.StmtContext(t.ctx, ready)
	} else {
		var err error
		if stmt, err = t.tx.PrepareContext(t.ctx, t.text(text)); err != nil {
			return nil, err
		}
		t.prepared.want(text)
	}
	t.stmts[text] = stmt
	return stmt, nil
}

// exec runs a statement and returns how many rows it has written.
func (t *tx) exec(text string, args ...any) (int64, error) {
	if cap(args) > cap(t.args) {
		t.args = args[:0] // the next statement finds the room
	}
	result, err := t.execute(text, args)
	if err != nil {
		return 0, t.failed("write", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, t.failed("write", err)
	}
	return n, nil
}

func (t *tx) execute(text string, args []any) (sql.Result, error) {
	if t.settings.dialect.numbered {
		return t.handle().ExecContext(t.ctx, t.text(text), args...)
	}
	stmt, err := t.stmt(text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(t.ctx, args...)
}

func (t *tx) query(text string, args []any) (*sql.Rows, error) {
	if t.settings.dialect.numbered {
		return t.handle().QueryContext(t.ctx, t.text(text), args...)
	}
	stmt, err := t.stmt(text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(t.ctx, args...)
}

// handle is what statements are run on that the store does not prepare itself.
func (t *tx) handle() interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
} {
	if t.tx != nil {
		return t.tx
	}
	return t.db
}

// row scans the first row of a query and reports whether there is one.
func (t *tx) row(text string, dest []any, args ...any) (bool, error) {
	if cap(dest) > cap(t.dest) {
		t.dest = dest[:0] // the next one finds the room
	}
	rows, err := t.query(text, args)
	if err != nil {
		return false, t.failed("read", err)
	}
	defer func() { _ = rows.Close() }() // what it could say, Err has said
	found := rows.Next()
	if found {
		err = rows.Scan(dest...)
	}
	if err = cmp.Or(err, rows.Err()); err != nil {
		return false, t.failed("read", err)
	}
	return found, nil
}

// rows hands each row of a query to a function, which scans it.
func (t *tx) rows(text string, each func(*sql.Rows) error, args ...any) error {
	rows, err := t.query(text, args)
	if err != nil {
		return t.failed("read", err)
	}
	return t.each(rows, each)
}

func (t *tx) each(rows *sql.Rows, each func(*sql.Rows) error) error {
	defer func() { _ = rows.Close() }() // what it could say, Err has said
	for rows.Next() {
		if err := each(rows); err != nil {
			return t.failed("read", err)
		}
	}
	if err := rows.Err(); err != nil {
		return t.failed("read", err)
	}
	return nil
}

// scan scans a row and keeps the room of dest for the next one.
func (t *tx) scan(rows *sql.Rows, dest []any) error {
	t.dest = dest[:0]
	return rows.Scan(dest...)
}
