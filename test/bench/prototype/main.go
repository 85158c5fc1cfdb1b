// Command prototype is the least that a room can be: a log and cursors into it, in the loops
// that Parlor has, with nothing above WebSocket: no tokens, no JSON, no bus. Each text frame
// goes to everybody who connected with the same query. What Parlor costs above it is its
// protocol's price (docs/performance.md).
//
//	prototype -listen 127.0.0.1:9208
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"parlor/internal/loop"
	"parlor/internal/ws"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9208", "where to listen")
	flag.Parse()
	if err := run(*listen); err != nil {
		fmt.Fprintln(os.Stderr, "prototype:", err)
		os.Exit(1)
	}
}

func run(listen string) error {
	driver, err := loop.New(loop.Config{})
	if err != nil {
		return err
	}
	go func() { _ = driver.Run(context.Background()) }() // until the process ends
	<-driver.Running()
	s := &server{driver: driver, rooms: make(map[string]*loop.Log)}
	front := http.Server{Addr: listen, Handler: s, ReadHeaderTimeout: 10 * time.Second}
	return front.ListenAndServe()
}

type server struct {
	driver *loop.Driver

	mu    sync.Mutex // guards the following
	rooms map[string]*loop.Log
}

func (s *server) room(name string) *loop.Log {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rooms[name] == nil {
		s.rooms[name] = loop.NewLog(0)
	}
	return s.rooms[name]
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := ws.Check(r); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	log := s.room(r.URL.RawQuery)
	at := log.Head()
	conn, early, err := ws.Accept(w, r, "")
	if err == nil {
		err = s.driver.Serve(conn, early, log, at, &session{log: log, dec: ws.Decoder{Limit: 1 << 16}})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "connect:", err)
	}
}

// A session sends on what it is sent.
type session struct {
	log   *loop.Log
	conn  loop.Conn
	dec   ws.Decoder
	frame []byte
}

func (s *session) Open(c loop.Conn) time.Time { s.conn = c; return time.Time{} }
func (*session) Wake(time.Time) time.Time     { return time.Time{} }
func (*session) Closed(error)                 {}

func (s *session) Receive(in []byte) {
	for len(in) > 0 {
		m, rest, err := s.dec.Next(in)
		switch {
		case err != nil:
			s.conn.Drop(err)
			return
		case m.Op == 0:
			return
		case m.Op == ws.Close:
			s.conn.Drop(loop.ErrClosed)
			return
		case m.Op == ws.Text:
			s.frame = ws.AppendFrame(s.frame[:0], ws.Text, m.Payload)
			s.log.Append(s.frame)
		}
		in = rest
	}
}
