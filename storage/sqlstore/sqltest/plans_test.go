package sqltest_test

import (
	"database/sql/driver"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// planned is how a query must be gone about, in every file. In a text "…" stands for anything, and deskwright_ is left out.
type planned struct {
	text  string
	steps []string // as explain says them
}

func plan(text string, steps ...string) planned { return planned{text, steps} }

// plans has every query of the store. The first one that a query fits counts.
var plans = slices.Concat(
	[]planned{
		plan("PRAGMA …"),
		plan("SELECT sqlite_version()", "scan: CONSTANT ROW"),
		plan("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", "scan: sqlite_schema"),
		plan("SELECT version, name, checksum FROM migration ORDER BY version", "scan: migration"),

		plan("SAVEPOINT …"), plan("RELEASE …"), plan("ROLLBACK TO …"),

		// Commit: what is inserted needs no plan.
		plan("INSERT INTO contact (…"), plan("INSERT INTO identity (…"), plan("INSERT INTO thread (…"), plan("INSERT INTO conversation (…"),
		plan("INSERT INTO arrival (…"), plan("INSERT INTO message (…"), plan("INSERT INTO note (…"), plan("INSERT INTO document (…"),
		plan("INSERT INTO command (…"), plan("INSERT INTO due (…"), plan("INSERT INTO total (…"), plan("INSERT INTO tenant (…"),
		plan("INSERT INTO entry (…"), plan("INSERT INTO batch (…"),
		plan("UPDATE tenant SET … WHERE tenant = ? RETURNING …", "tenant key(tenant)"),
		plan("UPDATE OR IGNORE contact SET …", "contact key(tenant, id)"),
		plan("UPDATE OR IGNORE identity SET …", "identity key(tenant, id)"),
		plan("UPDATE OR IGNORE thread SET …", "thread key(tenant, id)"),
		plan("UPDATE OR IGNORE conversation SET …", "conversation key(tenant, id)"),
		plan("UPDATE conversation SET …", "conversation key(tenant, id)"),
		plan("UPDATE OR IGNORE arrival SET …", "arrival key(tenant, account, external_id)"),
		plan("UPDATE OR IGNORE document SET …", "document key(tenant, id, kind)"),
		plan("SELECT 1 FROM identity WHERE …", "identity identity_address(tenant, address, network)"),
		plan("SELECT 1 FROM document WHERE …", "document document_account(network, external_id)"),
		plan("DELETE FROM due …", "due key(tenant, kind, ref)"),

		// Load.
		plan("SELECT epoch FROM tenant …", "tenant key(tenant)"),
		plan("SELECT t.epoch, a.… FROM (SELECT 1) …", "CO-ROUTINE one", "scan: CONSTANT ROW", "scan: one", "t key(tenant)",
			"a key(tenant, account, external_id)"),
		plan("SELECT a.… FROM arrival a …", "a key(tenant, account, external_id)"),
		plan("SELECT c.… WHERE c.tenant = ? AND c.id = ?", "c key(tenant, id)", "t key(tenant, id)", "o conversation_open(tenant, thread)",
			"i key(tenant, id)", "p key(tenant, id)"),
		plan("SELECT i.… LEFT JOIN thread t … WHERE i.tenant = ? AND i.address = ? AND i.network = ?",
			"i identity_address(tenant, address, network)", "p key(tenant, id)",
			"t thread_key(tenant, identity, account, visibility, key)", "o conversation_open(tenant, thread)", "c key(tenant, id)"),
		plan("SELECT i.… WHERE i.tenant = ? AND i.address = ? AND i.network = ?", "i identity_address(tenant, address, network)",
			"p key(tenant, id)"),
		plan("SELECT t.… FROM thread t …", "t thread_key(tenant, identity, account, visibility, key)",
			"o conversation_open(tenant, thread)", "c key(tenant, id)"),
		plan("SELECT m.… FROM message m …", "m key(tenant, id)"),
		plan("SELECT n.… FROM note n …", "n key(tenant, id)"),
		plan("SELECT d.… AND d.id = ? AND d.kind = ?", "d key(tenant, id, kind)"),
		plan("SELECT k.… FROM command k …", "k key(tenant, key)"),
		plan("SELECT 1 FROM entry …", "entry entry_subject(tenant, subject, seq>)"),

		// What else is asked by name.
		plan("SELECT e.… FROM entry e LEFT JOIN message m …", "e entry_subject(tenant, subject, seq>)",
			"m message_place(tenant, conversation, seq)", "n note_place(tenant, conversation, seq)"),
		plan("SELECT account, … FROM total …", "total key(tenant)"),
		plan("SELECT d.… WHERE d.tenant = ? ORDER BY d.id, d.kind", "d key(tenant)"),
		plan("SELECT tenant, id FROM document …", "document document_account(network, external_id)"),
		plan("SELECT e.… FROM entry e WHERE …", "e key(tenant, position>)"),
		plan("SELECT first, … FROM batch …", "batch key(tenant, first>)"),
		plan("SELECT position, root FROM tenant …", "tenant key(tenant)"),
		plan("SELECT chain_seq, … FROM conversation …", "conversation key(tenant, id)"),
		plan("SELECT chain_seq, … FROM contact …", "contact key(tenant, id)"),
		plan("SELECT chain_seq, … FROM document …", "document key(tenant, id)"),

		// What waits.
		plan("SELECT 1 FROM due …", "due due_ready(ready<)"),
		plan("SELECT … FROM due WHERE ready <= ? ORDER BY ready LIMIT ?", "due due_ready(ready<)"),
		plan("UPDATE due SET …", "due key(tenant, kind, ref)"),
		plan("SELECT min(ready) FROM due", "due due_ready()"),
	},
	lists("newest", "newest_at", true), lists("newest", "newest_at", false),
	lists("waiting", "waiting_at", false), lists("due", "due_at", false),
	agentLists("newest_at", true), agentLists("newest_at", false),
	agentLists("waiting_at", false), agentLists("due_at", false),
)

// lists are the queries for the rows of one state in the order of an index, whatever the filter.
func lists(index, column string, descending bool) (all []planned) {
	for _, p := range pagesOf(column, descending) {
		all = append(all, plan("SELECT c.… INDEXED BY conversation_"+index+" … WHERE c.tenant = ? AND c.state = ?…"+p.where+p.order+
			" LIMIT ?", "c conversation_"+index+"(tenant, state"+p.bounds+")", "i key(tenant, id)", "p key(tenant, id)"))
	}
	return all
}

// agentLists are lists of an agent's rows. The index has the order of the newest; in the other ones, the numbers of the rows are
// sorted, and then those that are read.
func agentLists(column string, descending bool) (all []planned) {
	for _, p := range pagesOf(column, descending) {
		steps := []string{"c key(rowid)", "LIST SUBQUERY 1", "c conversation_agent(tenant, agent, state" + p.bounds + ")"}
		if column != "newest_at" {
			steps[2] = "c conversation_agent(tenant, agent, state)"
			steps = append(steps, "sort: ORDER BY")
		}
		all = append(all, plan("SELECT c.… WHERE c.rowid IN (SELECT c.rowid … INDEXED BY conversation_agent WHERE "+
			"c.tenant = ? AND c.state = ? AND c.agent = ?…"+p.where+p.order+" LIMIT ?)"+p.order,
			append(steps, "i key(tenant, id)", "p key(tenant, id)", "sort: ORDER BY")...))
	}
	return all
}

// page is what a query for a page of a list says, and the bounds by which its index is read.
type page struct{ where, order, bounds string }

// pagesOf are the pages of one order: between two places, after one, up to one, and the first.
func pagesOf(column string, descending bool) []page {
	after, upTo := " AND (c."+column+", c.id) > (?, ?)", " AND c."+column+" <= ?"
	order := " ORDER BY c." + column + ", c.id"
	beyond, within := ", ("+column+",id)>", ", "+column+"<"
	both := beyond + within
	if descending {
		after, upTo = " AND (c."+column+", c.id) < (?, ?)", " AND c."+column+" >= ?"
		order = " ORDER BY c." + column + " DESC, c.id DESC"
		beyond, within = ", ("+column+",id)<", ", "+column+">"
		both = within + beyond
	}
	return []page{{after + upTo, order, both}, {after, order, beyond}, {upTo, order, within}, {"", order, ""}}
}

// Every query goes by the index that it was written for, in a file that was just made and in one with many rows that was analysed,
// where SQLite is tempted to know better.
func TestEveryQueryHasItsPlan(t *testing.T) {
	t.Parallel()
	all, filled := everyQuery(t)
	fill(t, filled, 100_000)
	for _, e := range engines {
		t.Run(e.name+"/fresh", func(t *testing.T) { holdToPlans(t, e, newMigrated(t, e), all) })
		t.Run(e.name+"/filled and analysed", func(t *testing.T) {
			do(t, e.fast().open(t, filled), "ANALYZE")
			holdToPlans(t, e, filled, all)
		})
	}
}

// holdToPlans compares the plans of queries with those planned. All plans and all indexes must be needed.
func holdToPlans(t *testing.T, e engine, file string, all []query) {
	t.Helper()
	db := e.open(t, file)
	db.SetMaxOpenConns(1)
	unused := map[string]bool{}
	for _, index := range texts(t, db, "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL") {
		unused[index] = true
	}
	used, wrong := make([]bool, len(plans)), map[string]bool{}
	for _, q := range all {
		got, indexes := explain(t, db, q)
		for _, index := range indexes {
			delete(unused, index)
		}
		i := planOf(q.text)
		switch {
		case wrong[q.text]:
		case i < 0:
			wrong[q.text] = true
			t.Errorf("a query without a plan; it goes by %q:\n%s", got, q.text)
		case !slices.Equal(got, plans[i].steps):
			wrong[q.text] = true
			t.Errorf("%s\ngoes by %q\nwant    %q", q.text, got, plans[i].steps)
		}
		if i >= 0 {
			used[i] = true
		}
	}
	for i := range plans {
		if !used[i] {
			t.Errorf("a plan without a query: %s", plans[i].text)
		}
	}
	for index := range unused {
		t.Errorf("an index that no query goes by: %s", index)
	}
}

// expressions are the texts of the plans, as expressions.
var expressions = func() (all []*regexp.Regexp) {
	for _, p := range plans {
		text := strings.ReplaceAll(regexp.QuoteMeta(p.text), "…", ".*")
		all = append(all, regexp.MustCompile("^"+text+"$"))
	}
	return all
}()

// planOf returns which of the plans is a query's; -1: none.
func planOf(text string) int {
	text = strings.ReplaceAll(text, "deskwright_", "")
	return slices.IndexFunc(expressions, func(p *regexp.Regexp) bool { return p.MatchString(text) })
}

// hasPlan returns a function that reports each query that has no plan, once.
func hasPlan(t *testing.T) func(text string, args []driver.NamedValue) {
	var seen sync.Map
	return func(text string, _ []driver.NamedValue) {
		if text == commit {
			return
		}
		if _, again := seen.LoadOrStore(text, true); !again && planOf(text) < 0 {
			t.Errorf("a query without a plan: %s", text)
		}
	}
}
