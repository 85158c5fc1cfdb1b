package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"parlor/chat"
	"parlor/internal/local"
	"parlor/internal/sigv4"
	"parlor/web"
)

// pages returns the demo and the console. A development server brings the small
// application server that the demo needs; it signs what it sends to url like any other.
func (s *server) pages(url string) http.Handler {
	if !s.cfg.Dev {
		region := DevRegion
		if len(s.cfg.Regions) > 0 {
			region = s.cfg.Regions[0]
		}
		return web.Handler(web.Config{BackendURL: s.cfg.DemoBackend, SignIn: web.SignIn{Region: region}})
	}
	cred := sigv4.Credentials{AccessKeyID: DevAccessKey, SecretAccessKey: DevSecretKey}
	return web.Handler(web.Config{
		Backend: web.NewBackend(web.BackendConfig{
			Endpoint: url,
			Sign: func(r *http.Request, body []byte) error {
				return sigv4.Sign(r, body, cred, DevRegion, "ivschat", s.clock.Now())
			},
			Room: "demo",
		}),
		SignIn: web.SignIn{Region: DevRegion, AccessKeyID: DevAccessKey, SecretAccessKey: DevSecretKey},
	})
}

// announce tells people and programs of this machine where the server is. forget
// takes that back.
func (s *server) announce(ctx context.Context, url, admin string, stdout io.Writer) (forget func(), err error) {
	forget = s.leaveWord(url)
	s.log.InfoContext(ctx, "serving", "endpoint", url, "admin", admin, "node", s.node.ID(), "version", chat.Version)
	if !s.cfg.Dev {
		_, err = fmt.Fprintf(stdout, "  Parlor %s is serving at %s, health and metrics at %s\n", chat.Version, url, admin)
		return forget, err
	}
	return forget, paste{version: chat.Version, http: url, admin: admin, room: devRoomARN().String(), region: DevRegion, program: s.program}.write(stdout)
}

// leaveWord keeps the file by which the command line of this user finds the server.
// A server that can't keep it serves all the same.
func (s *server) leaveWord(url string) (forget func()) {
	if s.cfg.State == "" || s.cfg.State == "-" || s.key.ID == "" {
		return func() {}
	}
	remove, err := local.Write(s.cfg.State, local.Server{
		Endpoint: url, Region: DevRegion, AccessKeyID: s.key.ID, SecretAccessKey: string(s.key.Secret),
		Account: s.key.Account, PID: os.Getpid(),
	})
	if err != nil {
		s.log.Warn("the command line will not find this server by itself", "err", err)
		return func() {}
	}
	return func() {
		if err := remove(); err != nil {
			s.log.Warn("the file that names this server is left behind", "err", err)
		}
	}
}
