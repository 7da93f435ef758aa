package sqltest_test

import (
	"bufio"
	"context"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// fault is what a proxy does to those who talk through it. The zero value: nothing.
type fault struct {
	delay time.Duration               // of what a client sends
	hole  bool                        // nothing arrives, either way, until another fault is set; the connections stay
	cut   func(statement string) bool // whether, once a statement was carried out, its connection is cut before its answer
}

// commits is a cut: the COMMIT of a transaction.
func commits(statement string) bool {
	return strings.EqualFold(strings.TrimRight(strings.TrimSpace(statement), "; "), commit)
}

// protocol reads along with one connection: what the messages of a kind of server mean. Requests and replies are read concurrently;
// runs and ends are called one at a time.
type protocol interface {
	request(*bufio.Reader) ([]byte, error) // the next message of the client
	reply(*bufio.Reader) ([]byte, error)   // the next message of the server
	runs(request []byte) string            // the text of the statement that a request carries out, if it does
	ends(reply []byte) bool                // whether there is nothing left to be answered
}

// proxy stands between the clients and a server, on a port of its own, and may be told what goes wrong between them.
type proxy struct {
	server server
	to     string          // the server's host and port
	over   context.Context // when the test is
	all    sync.WaitGroup

	mu      sync.Mutex
	fault   fault
	changed chan struct{} // closed when there is another fault
	cuts    int           // so far
}

var loopback = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// through returns a proxy before the server of an address, and the address by way of it.
func (s server) through(t testing.TB, address string) (*proxy, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over, end := context.WithCancel(context.Background())
	p := &proxy{server: s, to: loopback.FindString(address), over: over, changed: make(chan struct{})}
	p.all.Go(func() { p.accept(l) })
	t.Cleanup(func() {
		end()
		l.Close()
		p.all.Wait()
	})
	return p, loopback.ReplaceAllString(address, l.Addr().String())
}

// set lets another fault begin, also for those who are connected.
func (p *proxy) set(f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	close(p.changed)
	p.changed = make(chan struct{})
}

// cut returns how many connections were cut.
func (p *proxy) cut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

func (p *proxy) now() (fault, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault, p.changed
}

func (p *proxy) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.relay(client) })
	}
}

// relay carries what is said on one connection.
func (p *proxy) relay(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	r := &relay{proxy: p, protocol: p.server.speaks(), client: client, server: server}
	defer context.AfterFunc(p.over, r.close)()
	defer r.close()
	p.all.Go(r.requests)
	r.replies()
}

// relay is a connection of a client, and the one to the server that is made for it.
type relay struct {
	proxy          *proxy
	client, server net.Conn

	mu       sync.Mutex
	protocol protocol
	cutting  bool // as soon as the server has answered
}

func (r *relay) close() {
	r.client.Close()
	r.server.Close()
}

func (r *relay) requests() {
	defer r.close()
	in := bufio.NewReader(r.client)
	for {
		message, err := r.protocol.request(in)
		if err != nil || !r.through(in.Buffered() == 0) {
			return
		}
		r.sees(message)
		if _, err := r.server.Write(message); err != nil {
			return
		}
	}
}

func (r *relay) replies() {
	in := bufio.NewReader(r.server)
	for {
		message, err := r.protocol.reply(in)
		if err != nil || !r.through(false) {
			return
		}
		switch cutting, ends := r.answered(message); {
		case cutting && ends:
			return
		case cutting:
			continue
		}
		if _, err := r.client.Write(message); err != nil {
			return
		}
	}
}

// through waits until a message may pass, the last of those that came at once as late as the fault says. It reports false when the
// test is over.
func (r *relay) through(last bool) bool {
	for {
		f, changed := r.proxy.now()
		var later <-chan time.Time
		switch {
		case f.hole:
		case last && f.delay > 0:
			later = time.After(f.delay)
		default:
			return true
		}
		select {
		case <-later:
			return true
		case <-changed:
		case <-r.proxy.over.Done():
			return false
		}
	}
}

// sees looks whether a request is to be cut from its answer.
func (r *relay) sees(request []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, _ := r.proxy.now()
	if statement := r.protocol.runs(request); statement != "" && f.cut != nil && f.cut(statement) {
		r.cutting = true
	}
}

// answered looks at a reply. At the end of one that is cut off the cut is counted.
func (r *relay) answered(reply []byte) (cutting, ends bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ends = r.protocol.ends(reply)
	if r.cutting && ends {
		r.proxy.mu.Lock()
		r.proxy.cuts++
		r.proxy.mu.Unlock()
	}
	return r.cutting, ends
}
