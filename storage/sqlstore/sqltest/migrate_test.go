package sqltest_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/deskwright/deskwright/storage"
	"github.com/deskwright/deskwright/storage/sqlstore"
	"github.com/deskwright/deskwright/storage/sqlstore/internal/migration"
	"github.com/deskwright/deskwright/storage/sqlstore/internal/sqlerror"
)

// steps is a history of a schema that goes on where rows are.
var steps = fstest.MapFS{
	"00001_first.sql": {Data: []byte(`-- What comes first.
-- +goose Up
CREATE TABLE deskwright_a (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
-- a comment, between
CREATE INDEX deskwright_a_text
    ON deskwright_a (text);
INSERT INTO deskwright_a (text) VALUES ('one;'), ('two');

-- +goose Down
DROP TABLE deskwright_a;
`)},
	"00002_second.sql": {Data: []byte(`-- +goose Up
ALTER TABLE deskwright_a ADD COLUMN more TEXT NOT NULL DEFAULT '';
UPDATE deskwright_a SET more = text || '!';
-- +goose StatementBegin
CREATE TRIGGER deskwright_a_more AFTER INSERT ON deskwright_a BEGIN
    UPDATE deskwright_a SET more = 'new' WHERE id = new.id;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER deskwright_a_more;
ALTER TABLE deskwright_a DROP COLUMN more;
`)},
	"00003_third.sql": {Data: []byte(`-- +goose Up
CREATE TABLE deskwright_b (id INTEGER PRIMARY KEY) STRICT;
INSERT INTO deskwright_b SELECT count(*) FROM deskwright_a;
-- +goose Down
DROP TABLE deskwright_b;
`)},
}

// first returns the history up to a version.
func first(version int) fstest.MapFS {
	part := fstest.MapFS{}
	for name, file := range steps {
		if name < fmt.Sprintf("%05d", version+1) {
			part[name] = file
		}
	}
	return part
}

func read(t *testing.T, files fs.FS) migration.Set {
	t.Helper()
	set, err := migration.Read(files, migration.SQLite, "deskwright_")
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func run(t *testing.T, db *sql.DB, files fs.FS) {
	t.Helper()
	if err := read(t, files).Run(t.Context(), db, sqlerror.Classes{}); err != nil {
		t.Fatal(err)
	}
}

// dump is the schema and what the steps wrote, but for when.
func dump(t *testing.T, db *sql.DB) string {
	t.Helper()
	var all strings.Builder
	for _, query := range []string{
		"SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_schema ORDER BY name",
		"SELECT version || ' ' || name || ' ' || checksum FROM deskwright_migration ORDER BY version",
		"SELECT id || ' ' || text || ' ' || more FROM deskwright_a ORDER BY id",
		"SELECT 'b ' || id FROM deskwright_b ORDER BY id",
		"PRAGMA integrity_check",
	} {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			all.WriteString(line + "\n")
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func TestMigrateMakesTheTablesOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		db := e.open(t, newFile(t))
		db.SetMaxOpenConns(1)
		count := func() (tables, files int) {
			const query = "SELECT (SELECT count(*) FROM sqlite_schema), (SELECT count(*) FROM deskwright_migration)"
			err := db.QueryRow(query).Scan(&tables, &files)
			if err != nil {
				t.Fatal(err)
			}
			return tables, files
		}
		migrate(t, db)
		tables, files := count()
		migrate(t, db)
		if again, filesAgain := count(); tables < 2 || files < 1 || again != tables || filesAgain != files {
			t.Errorf("%d tables and %d files at first, then %d and %d", tables, files, again, filesAgain)
		}
		var age float64
		if err := db.QueryRow("SELECT unixepoch('subsec') - applied / 1e6 FROM deskwright_migration").Scan(&age); err != nil {
			t.Fatal(err)
		}
		if age < 0 || age > 60 {
			t.Errorf("applied %f seconds ago, by the database's clock", age)
		}
	})
}

func TestMigrateGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		straight, later := e.open(t, newFile(t)), e.open(t, newFile(t))
		run(t, straight, steps)
		for version := 1; version <= len(steps); version++ {
			run(t, later, first(version))
		}
		if got, want := dump(t, later), dump(t, straight); got != want {
			t.Errorf("one version after the other:\n%s\nall at once:\n%s", got, want)
		}
	})
}

func TestAMigrationThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		db := e.open(t, newFile(t))
		run(t, db, steps)
		want := dump(t, db)
		bad := first(3)
		bad["00004_bad.sql"] = &fstest.MapFile{Data: []byte(`-- +goose Up
CREATE TABLE deskwright_c (id INTEGER) STRICT;
INSERT INTO deskwright_b (id) VALUES (2);
-- +goose Down
`)}
		err := read(t, bad).Run(t.Context(), db, sqlerror.Classes{})
		if !errors.Is(err, storage.ErrConflict) || !strings.Contains(err.Error(), "version 4") {
			t.Errorf("got %v, want a conflict in version 4", err)
		}
		if got := dump(t, db); got != want {
			t.Errorf("afterwards:\n%s\nbefore:\n%s", got, want)
		}
		do(t, db, "INSERT INTO deskwright_a (text) VALUES ('writable')")
	})
}

func TestTablesOfTwoPrefixesStandSideBySide(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		db := e.open(t, newFile(t))
		migrate(t, db)
		migrate(t, db, sqlstore.WithPrefix("b2_"))
		var ours, others int
		err := db.QueryRow(`SELECT count(*) FILTER (WHERE name LIKE 'deskwright\_%' ESCAPE '\'),
			count(*) FILTER (WHERE name LIKE 'b2\_%' ESCAPE '\') FROM sqlite_schema WHERE type = 'table'`).Scan(&ours, &others)
		if err != nil || ours == 0 || ours != others {
			t.Errorf("%d tables of the one, %d of the other, %v", ours, others, err)
		}
		for _, prefix := range []string{"deskwright_", "b2_"} {
			if err := sqlstore.Check(t.Context(), db, sqlstore.SQLite, sqlstore.WithPrefix(prefix)); err != nil {
				t.Errorf("%s: %v", prefix, err)
			}
		}
	})
}

func TestAnAppliedMigrationThatIsNotOursIsRefused(t *testing.T) {
	t.Parallel()
	ours := "INSERT INTO deskwright_migration SELECT max(version) + %d, 'later', 'sum', 0 FROM deskwright_migration"
	for _, test := range []struct {
		name, change string
		want         string // part of the refusal; empty: none
	}{
		{"another checksum", "UPDATE deskwright_migration SET checksum = 'abc' WHERE version = 1", "undo the change"},
		{"another name", "UPDATE deskwright_migration SET name = 'abc' WHERE version = 1", "undo the change"},
		{"a gap", "UPDATE deskwright_migration SET version = version + 1", "undo the change"},
		{"one newer", fmt.Sprintf(ours, 1), ""},
		{"two newer", fmt.Sprintf(ours, 1) + ";" + fmt.Sprintf(ours, 1), "a newer version of this library"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			eachEngine(t, func(t *testing.T, e engine) {
				db := e.open(t, newFile(t))
				migrate(t, db)
				do(t, db, test.change)
				for name, err := range map[string]error{
					"Migrate": sqlstore.Migrate(t.Context(), db, sqlstore.SQLite),
					"Check":   sqlstore.Check(t.Context(), db, sqlstore.SQLite),
				} {
					var setup *sqlstore.SetupError
					switch refused := errors.As(err, &setup); {
					case test.want == "" && err != nil, test.want != "" && !refused:
						t.Errorf("%s: got %v, want a refusal: %t", name, err, test.want != "")
					case refused && !strings.Contains(setup.Error(), test.want):
						t.Errorf("%s: %q does not say %q", name, setup, test.want)
					}
				}
			})
		})
	}
}

// It looks what is applied when it has the lock, so it waits even where there is nothing to do.
func TestMigrateWaitsForItsTurnAsLongAsItMay(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		file := newFile(t)
		holder := single(t, e, file)
		db := e.with("busy_timeout(5000)", "busy_timeout(0)", "busy_timeout=5000", "busy_timeout=0").open(t, file)
		for _, schema := range []string{"none", "migrated"} {
			do(t, holder, "BEGIN IMMEDIATE")
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if err := sqlstore.Migrate(ctx, db, sqlstore.SQLite); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("schema %s, while another writes: %v", schema, err)
			}
			done := make(chan error)
			go func() { done <- sqlstore.Migrate(t.Context(), db, sqlstore.SQLite) }()
			do(t, holder, "ROLLBACK")
			if err := <-done; err != nil {
				t.Errorf("schema %s, afterwards: %v", schema, err)
			}
		}
	})
}

func TestMigrateSaysWhyItCannotWrite(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		file := newFile(t)
		do(t, e.open(t, file), "CREATE TABLE hosts (id)")
		for name, db := range map[string]*sql.DB{
			"read-only": engine{e.name, "mode=ro"}.open(t, file),
			"full":      e.open(t, file),
			"closed":    e.open(t, file),
		} {
			db.SetMaxOpenConns(1)
			want := storage.ErrReadOnly
			switch name {
			case "full":
				do(t, db, "PRAGMA max_page_count = 3")
			case "closed":
				db.Close()
				want = storage.ErrClosed
			}
			if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite); !errors.Is(err, want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestMigrateReadsCodesAsTheHostSays(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		file := newFile(t)
		do(t, e.open(t, file), "CREATE TABLE hosts (id)")
		db := engine{e.name, "mode=ro"}.open(t, file)
		code := func(error) (string, bool) { return "2067", true }
		err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite, sqlstore.WithErrorCode(code))
		if !errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrReadOnly) {
			t.Errorf("got %v, want what the host's code means", err)
		}
	})
}

func TestMigrateChangesNoSetting(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		db := engine{e.name, ""}.open(t, newFile(t))
		db.SetMaxOpenConns(1)
		settings := func() (found []string) {
			for _, name := range []string{"journal_mode", "synchronous", "foreign_keys", "busy_timeout", "user_version", "application_id"} {
				var value string
				if err := db.QueryRow("PRAGMA " + name).Scan(&value); err != nil {
					t.Fatal(err)
				}
				found = append(found, name+"="+value)
			}
			return found
		}
		before := fmt.Sprint(settings())
		migrate(t, db)
		if after := fmt.Sprint(settings()); after != before {
			t.Errorf("before %s, after %s", before, after)
		}
		var analysed int
		err := db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'").Scan(&analysed)
		if err != nil || analysed > 0 {
			t.Errorf("analysed: %d, %v", analysed, err)
		}
	})
}

func TestMigrationsAreFilesThatOtherToolsCanRun(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, e engine) {
		files := sqlstore.Migrations(sqlstore.SQLite, sqlstore.WithPrefix("own_"))
		names, err := fs.Glob(files, "*.sql")
		if err != nil || len(names) == 0 {
			t.Fatalf("files %v, %v", names, err)
		}
		if err := fstest.TestFS(files, names...); err != nil {
			t.Error(err)
		}
		db := e.open(t, newFile(t))
		var downs []string
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "deskwright_") {
				t.Errorf("%s has the prefix that it is written with:\n%s", name, text)
			}
			up, down, _ := strings.Cut(string(text), "-- +goose Down")
			do(t, db, up)
			downs = append(downs, down)
		}
		if err := sqlstore.Check(t.Context(), db, sqlstore.SQLite, sqlstore.WithPrefix("own_")); err != nil {
			t.Errorf("after the files were run by hand: %v", err)
		}
		for i := range downs {
			do(t, db, downs[len(downs)-1-i])
		}
		var left int
		if err := db.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(&left); err != nil || left != 0 {
			t.Errorf("%d tables are left after the way down, %v", left, err)
		}
	})
}

func TestFilesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, text string }{
		"no number":             {"first.sql", "-- +goose Up\n-- +goose Down\n"},
		"a gap":                 {"00002_second.sql", "-- +goose Up\n-- +goose Down\n"},
		"no Down":               {"00001_first.sql", "-- +goose Up\n"},
		"no Up":                 {"00001_first.sql", "-- +goose Down\n"},
		"an open statement":     {"00001_first.sql", "-- +goose Up\nSELECT 1\n-- +goose Down\n"},
		"an open block":         {"00001_first.sql", "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose Down\n"},
		"an end and no begin":   {"00001_first.sql", "-- +goose Up\n-- +goose StatementEnd\n-- +goose Down\n"},
		"what we do not honour": {"00001_first.sql", "-- +goose Up\n-- +goose ENVSUB ON\n-- +goose Down\n"},
	} {
		if set, err := migration.Read(fstest.MapFS{test.file: {Data: []byte(test.text)}}, migration.SQLite, "deskwright_"); err == nil {
			t.Errorf("%s: read as %+v", name, set)
		}
	}
}

// A process of the tests below is this program again, told by the environment which file it migrates.
const (
	childFile = "SQLTEST_FILE"
	childTask = "SQLTEST_TASK" // what for: after how many statements, or at which point, it kills itself, or how long it writes
)

// child migrates as the environment says, and ends the process. In the parent it does nothing.
func child(t *testing.T, e engine, files fs.FS) {
	file := os.Getenv(childFile)
	if file == "" {
		return
	}
	w := wrapped{engine: e, file: file, after: dies()}
	ready(t)
	run(t, w.mustOpen(t), files)
}

// dies returns what kills the process after as many statements as its task says; nil: nothing does.
func dies() func(string) {
	left, err := strconv.ParseInt(os.Getenv(childTask), 10, 64)
	if err != nil {
		return nil
	}
	var ran atomic.Int64
	return func(string) {
		if ran.Add(1) == left {
			syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
		}
	}
}

// ready tells the parent so, and waits for it.
func ready(t *testing.T) {
	fmt.Println("ready")
	if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

// start starts this test again as a process of its own, which begins when what is returned is called and then waited for.
func start(t *testing.T, file, task string) (begin func(), wait func() (string, error)) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
	cmd.Env = append(os.Environ(), childFile+"="+file, childTask+"="+task)
	var out strings.Builder
	cmd.Stderr = &out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	ready, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	begin = func() {
		if _, err := ready.Read(make([]byte, len("ready\n"))); err != nil {
			t.Fatal(err)
		}
		in.Write([]byte("\n"))
	}
	wait = func() (string, error) {
		rest, _ := io.ReadAll(ready)
		err := cmd.Wait()
		return out.String() + string(rest), err
	}
	return begin, wait
}

func TestEightProcessesMigrateAtOnce(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		child(t, e, steps)
		if os.Getenv(childFile) != "" {
			return
		}
		straight := e.open(t, newFile(t))
		run(t, straight, steps)
		want := dump(t, straight)
		for from := range len(steps) {
			file := filepath.Join(t.TempDir(), strconv.Itoa(from))
			if from > 0 {
				run(t, e.open(t, file), first(from))
			}
			var begins []func()
			var waits []func() (string, error)
			for range 8 {
				begin, wait := start(t, file, "")
				begins, waits = append(begins, begin), append(waits, wait)
			}
			for _, begin := range begins {
				begin()
			}
			for _, wait := range waits {
				if out, err := wait(); err != nil {
					t.Errorf("from version %d: %v\n%s", from, err, out)
				}
			}
			if got := dump(t, e.open(t, file)); got != want {
				t.Errorf("from version %d:\n%s\nwant:\n%s", from, got, want)
			}
		}
	})
}

func TestMigrateKilledAfterAnyStatementIsRunAgain(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		child(t, e, steps)
		if os.Getenv(childFile) != "" {
			return
		}
		straight := e.open(t, newFile(t))
		run(t, straight, steps)
		want := dump(t, straight)
		kills := 0
		for ended := false; !ended; {
			file := filepath.Join(t.TempDir(), strconv.Itoa(kills))
			begin, wait := start(t, file, strconv.Itoa(kills+1))
			begin()
			switch out, err := wait(); {
			case err == nil:
				ended = true
			case killed(err):
				kills++
			default:
				t.Fatalf("killed after %d: %v\n%s", kills+1, err, out)
			}
			db := e.open(t, file)
			run(t, db, steps)
			if got := dump(t, db); got != want {
				t.Fatalf("killed after %d and run again:\n%s\nwant:\n%s", kills, got, want)
			}
		}
		if least := 20; kills < least {
			t.Errorf("killed after %d statements, there are at least %d", kills, least)
		}
	})
}

func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
