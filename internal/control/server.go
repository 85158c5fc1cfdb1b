// Package control is the control plane: the seventeen operations of the contract and
// what Parlor adds to them, over HTTP. A request walks one path, in pipeline.go; the
// other files hold the deeds, one noun a file.
package control

import (
	"context"
	"crypto/sha256"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"parlor/api"
	"parlor/chat"
	"parlor/internal/iam"
	"parlor/internal/quota"
)

// An authenticator tells who signed a request whose body has the given hash.
type authenticator interface {
	Authenticate(r *http.Request, payload [sha256.Size]byte) (*iam.Caller, error)
}

// quotas say how much is too much.
type quotas interface {
	Allow(ctx context.Context, k quota.Key) error
	Limit(account string, n quota.Name) int
}

// rooms keep the rooms. Those that it returns are shared, but for Update's.
type rooms interface {
	FindRoom(ctx context.Context, a chat.ARN) (chat.Room, error)
	NewestRoom(ctx context.Context, a chat.ARN) (chat.Room, error)
	CreateRoom(ctx context.Context, room chat.Room) error
	UpdateRoom(ctx context.Context, a chat.ARN, change func(*chat.Room) error) (chat.Room, error)
	DeleteRoom(ctx context.Context, a chat.ARN) error
	InScope(s chat.Scope) iter.Seq[chat.Room]
	Count(s chat.Scope) int
}

// configurations keep the logging configurations, as rooms do rooms.
type configurations interface {
	FindLoggingConfiguration(ctx context.Context, a chat.ARN) (chat.LoggingConfiguration, error)
	CreateLoggingConfiguration(ctx context.Context, c chat.LoggingConfiguration) error
	UpdateLoggingConfiguration(ctx context.Context, a chat.ARN, change func(*chat.LoggingConfiguration) error) (chat.LoggingConfiguration, error)
	NewestLoggingConfiguration(ctx context.Context, a chat.ARN) (chat.LoggingConfiguration, error)
	DeleteLoggingConfiguration(ctx context.Context, a chat.ARN, may func() error) error
	InScope(s chat.Scope) iter.Seq[chat.LoggingConfiguration]
	Count(s chat.Scope) int
}

// A minter makes chat tokens.
type minter interface {
	Mint(claims chat.Claims) (string, error)
}

// A hub reaches everybody in a room.
type hub interface {
	SendEvent(ctx context.Context, room chat.ARN, e chat.Event) error
	DeleteMessage(ctx context.Context, room chat.ARN, messageID string, e chat.Event) error
	DisconnectUser(ctx context.Context, room chat.ARN, userID string, e chat.Event) error
	CloseRoom(ctx context.Context, room chat.ARN, reason string) error
}

// Deps are what the control plane works with. Log may be nil, and Observe.
type Deps struct {
	Auth    authenticator
	Quotas  quotas
	Rooms   rooms
	Logging configurations
	Tokens  minter
	Hub     hub
	Log     *slog.Logger
	// Observe is told of every request when it is over; code is "" for success.
	Observe func(operation string, code chat.Code, took time.Duration)
}

// Config is what an operator may choose. The zero Config is sound.
type Config struct {
	Origins  []string // web origins that may call from a browser; "*" is all of them
	Regions  []string // regions that are served; none: all
	Accounts []string // accounts that are served; none: all
	Clock    chat.Clock

	// CloseDeleted closes the connections of a room that is deleted; they stay otherwise.
	CloseDeleted bool
}

// A Server is the control plane as an http.Handler.
type Server struct {
	Deps
	cfg     Config
	paths   map[string]*route // of a POST to a path
	tags    map[string]*route // of a method on /tags/
	buffers sync.Pool
	making  making
}

const tagsPrefix = "/tags/"

// New returns a control plane with its routes.
func New(deps Deps, cfg Config) (*Server, error) {
	if deps.Auth == nil || deps.Quotas == nil || deps.Rooms == nil || deps.Logging == nil || deps.Tokens == nil || deps.Hub == nil {
		return nil, errors.New("control: a dependency is missing")
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.Observe == nil {
		deps.Observe = func(string, chat.Code, time.Duration) {}
	}
	s := &Server{Deps: deps, cfg: cfg, paths: map[string]*route{}, tags: map[string]*route{}}
	s.buffers.New = func() any { return new([]byte) }
	s.making.pending = map[quota.Key]int{}
	s.routes()
	return s, nil
}

// routes is the whole control plane, a line an operation.
func (s *Server) routes() {
	handle(s, api.CreateChatToken, s.createChatToken)

	handle(s, api.CreateRoom, s.createRoom)
	handle(s, api.GetRoom, s.getRoom)
	handle(s, api.UpdateRoom, s.updateRoom)
	handle(s, api.DeleteRoom, s.deleteRoom)
	handle(s, api.ListRooms, s.listRooms)

	handle(s, api.SendEvent, s.sendEvent)
	handle(s, api.DeleteMessage, s.deleteMessage)
	handle(s, api.DisconnectUser, s.disconnectUser)

	handle(s, api.CreateLoggingConfiguration, s.createLoggingConfiguration)
	handle(s, api.GetLoggingConfiguration, s.getLoggingConfiguration)
	handle(s, api.UpdateLoggingConfiguration, s.updateLoggingConfiguration)
	handle(s, api.DeleteLoggingConfiguration, s.deleteLoggingConfiguration)
	handle(s, api.ListLoggingConfigurations, s.listLoggingConfigurations)

	handle(s, api.ListTagsForResource, s.listTagsForResource)
	handle(s, api.TagResource, s.tagResource)
	handle(s, api.UntagResource, s.untagResource)

	s.paths["/"] = s.callerIdentity()
}

// find returns the route of r, or the error for one that there isn't.
func (s *Server) find(r *http.Request) (*route, *chat.Error, int) {
	path := r.URL.EscapedPath()
	found, allowed := s.paths[path], r.Method == http.MethodPost
	if strings.HasPrefix(path, tagsPrefix) && len(path) > len(tagsPrefix) {
		found = s.tags[r.Method]
		allowed = found != nil
	} else if found == nil {
		return nil, &chat.Error{Code: chat.UnknownOperation, Message: "The operation is not known."}, http.StatusNotFound
	}
	if !allowed {
		return nil, &chat.Error{Code: chat.UnknownOperation, Message: "The operation has another method."}, http.StatusMethodNotAllowed
	}
	return found, nil, 0
}
