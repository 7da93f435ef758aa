package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/deskwright/deskwright/storage/sqlstore"
	_ "github.com/jackc/pgx/v5/stdlib"
	"golang.org/x/sync/errgroup"
)

// server is a database server under measurement. Each side of a comparison has a database of its own on it.
type server struct {
	*bench
	url  *url.URL
	made []string // databases
}

func (b *bench) server(address string) (*server, error) {
	u, err := url.Parse(address)
	return &server{bench: b, url: u}, err
}

// database makes a database and opens it with so many connections.
func (s *server) database(ctx context.Context, name string, connections int) (*sql.DB, error) {
	admin, err := sql.Open("pgx", s.url.String())
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	name = fmt.Sprintf("bench_%s_%d", strings.NewReplacer(".", "_").Replace(name), os.Getpid())
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	s.made = append(s.made, name)
	u := *s.url
	u.Path = "/" + name
	db, err := sql.Open("pgx", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// drop drops all databases.
func (s *server) drop() {
	admin, err := sql.Open("pgx", s.url.String())
	if err != nil {
		return
	}
	defer admin.Close()
	for _, name := range s.made {
		_, _ = admin.Exec("DROP DATABASE " + name + " WITH (FORCE)")
	}
}

// ours returns an inbox on the server with the contacts, each of which has written once.
func (s *server) ours(ctx context.Context, name string) (*ours, error) {
	db, err := s.database(ctx, name, 8)
	if err != nil {
		return nil, err
	}
	if err := sqlstore.Migrate(ctx, db, sqlstore.Postgres); err != nil {
		return nil, err
	}
	o, err := inboxOn(ctx, db, sqlstore.Postgres)
	if err != nil {
		return nil, err
	}
	var group errgroup.Group
	group.SetLimit(256)
	for i := range s.contacts {
		group.Go(func() error { return o.receive(ctx, i, -20*i-1) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, "VACUUM ANALYZE")
	return o, err
}

// serverReceive is Receive against the same by one statement, and statement by statement, at as many connections.
func serverReceive(ctx context.Context, s *server) (any, error) {
	o, err := s.ours(ctx, "ours")
	if err != nil {
		return nil, err
	}
	defer o.db.Close()
	h, err := s.handmade(ctx)
	if err != nil {
		return nil, err
	}
	defer h.db.Close()
	figures := map[string]any{}
	for _, m := range []struct {
		name          string
		callers, hand int
		skewed        bool
	}{{"1", 1, 1, false}, {"16", 16, 16, false}, {"64", 64, 64, false}, {"64_skewed", 64, 64, true}, {"256", 256, 64, false}} {
		fmt.Fprintln(os.Stderr, "receive", m.name)
		figure, err := s.receive(ctx, o, h, load{m.callers, m.skewed}, load{m.hand, m.skewed})
		if err != nil {
			return nil, err
		}
		figures[m.name] = figure
	}
	return figures, nil
}

// receive measures ours, one statement and statement by statement by turns.
func (s *server) receive(ctx context.Context, o *ours, h *handmadeServer, mine, others load) (any, error) {
	var ours, one, many []taken
	for range s.rounds {
		for _, side := range []struct {
			to   *[]taken
			load load
			do   work
		}{{&ours, mine, o.receive}, {&one, others, h.atOnce}, {&many, others, h.stepByStep}} {
			t, err := side.load.keep(ctx, s.span, s.contacts, side.do)
			if err != nil {
				return nil, err
			}
			*side.to = append(*side.to, t)
			time.Sleep(100 * time.Millisecond) // what the other side has left to write
		}
	}
	return map[string]any{"one_statement": compare(ours, one), "statement_by_statement": compare(ours, many)}, nil
}
