// Command bench measures the SQLite store against the same work written by hand, each round one after the other in one run, and
// prints what it finds as one JSON object. Durable settings on both sides: WAL, synchronous FULL.
//
//	go run ./storage/sqlstore/sqltest/bench -rounds 5 -seconds 2
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3"
	_ "modernc.org/sqlite"
)

// bench is one run: how much is measured, and where.
type bench struct {
	driver   string
	folder   string // for the databases
	rounds   int
	span     time.Duration // of one measurement
	contacts int           // with an open conversation each
	pages    []int         // conversations of the databases that a page is read from
	long     int           // messages of the long conversation
}

// measures are the figures by name, in the order in which they are taken.
var measures = []struct {
	name string
	take func(context.Context, *bench) (any, error)
}{
	{"receive_1_caller", receiveAlone},
	{"receive_64_callers", receiveTogether},
	{"commands_64_callers", commands},
	{"joined", joined},
	{"disk", disk},
	{"append", appends},
	{"first_page", firstPage},
}

func main() {
	b := &bench{}
	var only, pages, postgres string
	flag.StringVar(&b.driver, "driver", "sqlite", "sqlite (modernc.org/sqlite) or sqlite3 (github.com/mattn/go-sqlite3)")
	flag.StringVar(&b.folder, "dir", "", "folder for the databases; empty: a temporary one")
	flag.IntVar(&b.rounds, "rounds", 5, "how often each measurement is taken")
	flag.DurationVar(&b.span, "span", 2*time.Second, "how long a measurement takes")
	flag.IntVar(&b.contacts, "contacts", 20_000, "contacts with an open conversation each")
	flag.IntVar(&b.long, "long", 100_000, "messages of the long conversation")
	flag.StringVar(&pages, "conversations", "10000,100000,1000000", "conversations in the databases of first_page, rising")
	flag.StringVar(&only, "only", "", "names of measurements, with commas between; empty: all")
	flag.StringVar(&postgres, "postgres", "", "URL of a PostgreSQL server, which is measured instead of files")
	flag.Parse()
	if postgres != "" {
		if err := b.serve(context.Background(), postgres, only); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if err := json.Unmarshal([]byte("["+pages+"]"), &b.pages); err != nil || flag.NArg() > 0 || dsns[b.driver] == "" {
		fmt.Fprintln(os.Stderr, "bench: what is asked for makes no sense; -help says what there is")
		os.Exit(2)
	}
	if err := b.run(context.Background(), only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context, only string) error {
	if b.folder == "" {
		folder, err := os.MkdirTemp("", "bench")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		b.folder = folder
	}
	found := map[string]any{"driver": b.driver, "rounds": b.rounds, "span_seconds": b.span.Seconds(), "contacts": b.contacts}
	for _, m := range measures {
		if only != "" && !slices.Contains(strings.Split(only, ","), m.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, m.name)
		figure, err := m.take(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		found[m.name] = figure
	}
	return report(found)
}

// serverMeasures are the figures on a server.
var serverMeasures = []struct {
	name string
	take func(context.Context, *server) (any, error)
}{
	{"receive", serverReceive},
}

func (b *bench) serve(ctx context.Context, url, only string) error {
	s, err := b.server(url)
	if err != nil {
		return err
	}
	defer s.drop()
	found := map[string]any{"rounds": b.rounds, "span_seconds": b.span.Seconds(), "contacts": b.contacts}
	for _, m := range serverMeasures {
		if only != "" && !slices.Contains(strings.Split(only, ","), m.name) {
			continue
		}
		figure, err := m.take(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		found[m.name] = figure
	}
	return report(found)
}

func report(found map[string]any) error {
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(found)
}
