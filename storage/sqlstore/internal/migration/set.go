// Package migration brings the tables of a store up to date, from files in the format of goose. Each file also writes down that
// it was applied, so that it does not matter who runs it.
//
//	set, err := migration.Read(files, migration.SQLite, "deskwright_")
//	if err != nil {
//		return err
//	}
//	return set.Run(ctx, db, sqlerror.Classes{})
package migration

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
)

// written is the prefix of the tables as it is written in the files.
const written = "deskwright_"

// Set is the migrations of one dialect for one prefix, the first version at index 0.
type Set struct {
	database Database
	prefix   string
	files    []file
}

// file is one migration.
type file struct {
	path       string
	version    int
	name       string
	checksum   string // SHA-256 of its Up part as it is written, in hex
	text       string // with our prefix, and the statements that write down that it was applied
	statements []string
}

// Read reads the files of a folder: 00001_name.sql, 00002_name.sql and so on, without gaps. The prefix takes the place of
// "deskwright_" in them; the caller has checked it.
func Read(from fs.FS, d Database, prefix string) (Set, error) {
	paths, err := fs.Glob(from, "*.sql")
	if err != nil {
		return Set{}, err
	}
	set := Set{database: d, prefix: prefix}
	for _, path := range paths {
		text, err := fs.ReadFile(from, path)
		if err != nil {
			return Set{}, err
		}
		file, err := read(path, string(text), d, prefix)
		if err == nil && file.version != len(set.files)+1 {
			err = fmt.Errorf("is version %d, want %d", file.version, len(set.files)+1)
		}
		if err != nil {
			return Set{}, fmt.Errorf("migration %s: %w", path, err)
		}
		set.files = append(set.files, file)
	}
	return set, nil
}

var named = regexp.MustCompile(`^([0-9]{5})_([a-z0-9_]+)\.sql$`)

func read(path, text string, d Database, prefix string) (file, error) {
	parts := named.FindStringSubmatch(path)
	if parts == nil {
		return file{}, errors.New("is not named as in 00001_name.sql")
	}
	version, err := strconv.Atoi(parts[1])
	if err != nil {
		return file{}, err
	}
	head, rest, hasUp := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "-- +goose Up\n")
	up, down, hasDown := strings.Cut(rest, "-- +goose Down\n")
	if !hasUp || !hasDown {
		return file{}, errors.New("wants a part Up and then a part Down")
	}
	sum := sha256.Sum256([]byte(up))
	f := file{path: path, version: version, name: parts[2], checksum: hex.EncodeToString(sum[:])}
	opens, done, undone, ends := f.ledger(d)
	ours := func(text string) string { return strings.ReplaceAll(text, written, prefix) }
	for _, part := range []string{opens, up, done} {
		statements, err := split(ours(part))
		if err != nil {
			return file{}, err
		}
		f.statements = append(f.statements, statements...)
	}
	f.text = head + "-- +goose Up\n" + ours(opens+strings.TrimSpace(up)+done) +
		"\n-- +goose Down\n" + ours(undone+strings.TrimSpace(down)+ends)
	return f, nil
}

// split takes the statements out of the Up part of a file. A statement ends with a line that ends with a semicolon, or with
// StatementEnd where one begins with StatementBegin.
func split(up string) ([]string, error) {
	var statements []string
	var statement strings.Builder
	whole := false
	for line := range strings.Lines(up) {
		line = strings.TrimRight(line, " \t\n")
		mark, isMark := strings.CutPrefix(line, "-- +goose ")
		switch {
		case isMark && mark == "StatementBegin" && !whole && statement.Len() == 0:
			whole = true
			continue
		case isMark && mark == "StatementEnd" && whole:
			whole = false
		case isMark:
			return nil, fmt.Errorf("does not expect %q", line)
		case statement.Len() == 0 && (line == "" || strings.HasPrefix(line, "--")):
			continue
		default:
			statement.WriteString(line + "\n")
		}
		if !whole && (isMark || strings.HasSuffix(line, ";")) {
			statements = append(statements, statement.String())
			statement.Reset()
		}
	}
	if whole || statement.Len() > 0 {
		return nil, fmt.Errorf("ends in the middle of a statement: %q", statement.String())
	}
	return statements, nil
}
