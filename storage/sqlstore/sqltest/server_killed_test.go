package sqltest_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// private is a server of a test's own, which may be killed.
type private struct {
	*testing.T
	server
	folder, port string
	running      *exec.Cmd
	ended        chan struct{} // closed when it has
}

// alone starts a server for one test. Where no server is to be had the test is skipped.
func (s server) alone(t *testing.T) *private {
	t.Helper()
	s.mustRun(t)
	folder, err := os.MkdirTemp("", "server") // not in the test's own, which others may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	p := &private{T: t, server: s, folder: folder, port: freePort(t)}
	if c := p.credential(); c != nil {
		if err := os.Chown(p.folder, int(c.Uid), int(c.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := p.command(p.make()...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.start()
	t.Cleanup(func() { p.kill(syscall.SIGKILL) })
	return p
}

// freePort returns a port on which nobody listens. It is not one that is given to outgoing connections, so that it stays free while its
// server is down.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(10000 + rand.IntN(20000))
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// credential is whom the server runs as; nil: as we do.
func (p *private) credential() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := osuser.Lookup(p.name) // both have a user of the server's name
	if err != nil {
		p.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (p *private) command(words ...string) *exec.Cmd {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = p.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.credential(), Pdeathsig: syscall.SIGKILL}
	return cmd
}

// make is the command that makes an empty server, and run the one that runs it.
func (p *private) make() []string {
	if p.name == "mysql" {
		return []string{"mariadb-install-db", "--no-defaults", "--datadir=" + p.folder, "--skip-test-db", "--auth-root-authentication-method=normal"}
	}
	return []string{p.bin("initdb"), "-D", p.folder, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"}
}

func (p *private) run() []string {
	if p.name == "mysql" {
		return []string{"mariadbd", "--no-defaults", "--datadir=" + p.folder, "--socket=" + p.folder + "/socket", "--bind-address=127.0.0.1",
			"--port=" + p.port, "--pid-file=" + p.folder + "/pid"}
	}
	return []string{p.bin("postgres"), "-D", p.folder, "-h", "127.0.0.1", "-p", p.port, "-k", ""}
}

func (p *private) bin(name string) string {
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(all) == 0 {
		absent(p.T, "PostgreSQL is not installed")
	}
	return all[len(all)-1]
}

// address is where the server is, as its variable would say.
func (p *private) at() string {
	if p.name == "mysql" {
		return "root@tcp(127.0.0.1:" + p.port + ")/?parseTime=true"
	}
	return "postgres://postgres@127.0.0.1:" + p.port + "/postgres?sslmode=disable"
}

// start runs the server until it answers. One that was killed may have to wait for what is left of it.
func (p *private) start() {
	p.Helper()
	db := p.open(p.T, p.server.address(p.at(), ""))
	defer db.Close()
	end := time.Now().Add(time.Minute)
	for time.Now().Before(end) {
		p.running = p.command(p.run()...)
		if err := p.running.Start(); err != nil {
			p.Fatal(err)
		}
		cmd, ended := p.running, make(chan struct{})
		p.ended = ended
		go func() {
			_ = cmd.Wait() // it was killed, or what is left of the one before is in its way
			close(ended)
		}()
		for alive := true; alive && time.Now().Before(end); {
			if db.Ping() == nil {
				return
			}
			select {
			case <-ended:
				alive = false
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	p.Fatal("the server does not start")
}

// kill ends the server by a signal. It may have ended already.
func (p *private) kill(signal syscall.Signal) {
	_ = p.running.Process.Signal(signal)
	<-p.ended
}

func TestAServerThatIsKilledComesBackWithWhatWasCommitted(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		p := s.alone(t)
		do(t, s.open(t, s.address(p.at(), "")), "CREATE DATABASE kept")
		db := s.open(t, s.address(p.at(), "kept"))
		do(t, db, "CREATE TABLE kept (n integer PRIMARY KEY)")
		for n, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGQUIT, syscall.SIGKILL} {
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			do(t, tx, "INSERT INTO kept (n) VALUES (1000)")
			do(t, db, fmt.Sprintf("INSERT INTO kept (n) VALUES (%d)", n))
			p.kill(signal)
			if err := tx.Commit(); err == nil {
				t.Error("a commit after the server was killed: got no error")
			}
			if err := db.PingContext(t.Context()); err == nil {
				t.Error("the server still answers")
			}
			p.start()
			if got, want := rows(t, db), n+1; got != want {
				t.Errorf("after kill %d: got %d rows, want the %d that were committed", n+1, got, want)
			}
		}
	})
}

// A server that is killed again and again under load, and comes back, has all that somebody was told of, and nothing twice.
func TestAServerThatIsKilledLosesNothingThatSomebodyWasToldOf(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		p := s.alone(t)
		admin := s.open(t, s.address(p.at(), ""))
		do(t, admin, "CREATE DATABASE inbox")
		db := s.open(t, s.address(p.at(), "inbox"))
		s.migrate(t, db)
		store := s.over(t, db)
		if err := staff(t, store); err != nil {
			t.Fatal(err)
		}
		w, err := newWriters(store, "writers")
		if err != nil {
			t.Fatal(err)
		}
		w.bears = passes
		kills := 6
		if testing.Short() {
			kills = 2
		}
		over := make(chan struct{})
		ended := w.begin(8, func() bool {
			select {
			case <-over:
				return true
			default:
				return false
			}
		})
		for n := range kills {
			w.goOn(t, ended)
			p.kill([]syscall.Signal{syscall.SIGKILL, syscall.SIGQUIT}[n%2]) // SIGQUIT stops PostgreSQL immediately
			p.start()
		}
		w.goOn(t, ended)
		close(over)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		swept(t, store)
		once(t, store, w.soFar())
		t.Log(fmt.Sprint(len(w.soFar()), " effects"))
	})
}
