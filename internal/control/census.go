package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"parlor/api"
	"parlor/chat"
	"parlor/internal/quota"
	"parlor/internal/room"
)

// CensusSubject is where a node answers the others' questions about what is in it.
const CensusSubject = "census"

// censusTimeout is how long a node may take to answer; without it the rest is shown.
const censusTimeout = 2 * time.Second

// A cluster is the nodes that a census asks.
type cluster interface {
	ID() string
	Nodes() []string
	Ask(ctx context.Context, node, subject string, data []byte) ([]byte, error)
}

// seats are the connections of this node.
type seats interface {
	Connections(a chat.ARN) []room.Info
	Count() (rooms, connections int)
}

// A usage tells how much of each quota is used; counted tells the number of resources.
type usage interface {
	Usage(ctx context.Context, s chat.Scope, counted func(quota.Name) int) []quota.Usage
}

// A Census answers who is connected and how the nodes are, over all of them.
type Census struct {
	Cluster cluster
	Seats   seats
	Usage   usage
	Ready   func() error // why this node should get no requests, or nil
	Version string
	Start   time.Time // of this node
}

// Mount adds the operations of the census to a control plane.
func (c *Census) Mount(s *Server) {
	Extend(s, Extension{Path: "/parlor/ListConnections", Action: "parlor:ListConnections"},
		func(ctx context.Context, q *Request, in *listConnectionsInput) (*listConnectionsOutput, error) {
			if _, err := s.Rooms.FindRoom(ctx, q.Target); err != nil {
				return nil, err
			}
			return c.list(ctx, in)
		})
	Extend(s, Extension{Path: "/parlor/GetStatus", Action: "parlor:GetStatus"},
		func(ctx context.Context, q *Request, _ *struct{}) (*statusOutput, error) {
			return c.status(ctx, s, q.Scope), nil
		})
}

// Answer tells another node what is in this one: what a ListConnections asks for, as
// far as it is here, or without a question the node's own state.
func (c *Census) Answer(_ context.Context, question []byte) []byte {
	var v any = c.node()
	if len(question) > 0 {
		var in listConnectionsInput
		if json.Unmarshal(question, &in) != nil || in.Check() != nil {
			return nil
		}
		p, err := in.page()
		if err != nil {
			return nil
		}
		v = c.connections(&in, p)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return out
}

// connection is one connection to a room.
type connection struct {
	UserID                string            `json:"userId"`
	ConnectTime           api.Timestamp     `json:"connectTime"`
	Capabilities          []chat.Capability `json:"capabilities"`
	SessionExpirationTime api.Timestamp     `json:"sessionExpirationTime"`
	Node                  string            `json:"node"`
}

// listConnectionsInput is what ListConnections takes; its output is in the order of
// connecting, the latest first.
type listConnectionsInput struct {
	RoomIdentifier string  `json:"roomIdentifier"`
	MaxResults     *int    `json:"maxResults"`
	NextToken      *string `json:"nextToken"`
}

type listConnectionsOutput struct {
	Connections []connection `json:"connections"`
	NextToken   string       `json:"nextToken,omitzero"`
}

// Resource returns the room.
func (in *listConnectionsInput) Resource(chat.Scope) string { return in.RoomIdentifier }

// Check returns what is wrong with the input.
func (in *listConnectionsInput) Check() (bad []chat.FieldError) {
	if a, err := chat.ParseARN(in.RoomIdentifier); err != nil || a.Kind != chat.KindRoom {
		bad = append(bad, chat.FieldError{Name: "roomIdentifier", Message: "Value at 'roomIdentifier' is not the ARN of a room"})
	}
	if n := given(in.MaxResults, 1); n < 1 || n > maxConnections {
		bad = append(bad, chat.FieldError{Name: "maxResults", Message: "Value at 'maxResults' is not from 1 to 1000"})
	}
	return bad
}

// maxConnections is how many one answer shows, and without maxResults does show.
const maxConnections = 1000

// page returns the page that is asked for.
func (in *listConnectionsInput) page() (page, error) {
	p, err := newPage(in.MaxResults, in.NextToken, "connections", in.RoomIdentifier)
	p.max = given(in.MaxResults, maxConnections)
	return p, err
}

// where is the place of a connection in the list.
func (c *connection) where() position {
	return position{c.ConnectTime.Time, c.Node + "/" + c.UserID + "/" + c.SessionExpirationTime.String()}
}

func (c *Census) list(ctx context.Context, in *listConnectionsInput) (*listConnectionsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	question, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	var all []connection
	for _, of := range ask[[]connection](ctx, c, question) {
		all = append(all, of.answer...)
	}
	out := &listConnectionsOutput{}
	out.Connections, out.NextToken = pick(slices.Values(all), p, (*connection).where)
	return out, nil
}

// connections returns this node's part of a page and one connection more, which tells
// whether there is a next page. A room may have more members than fit into an answer
// between nodes.
func (c *Census) connections(in *listConnectionsInput, p page) []connection {
	a, _ := chat.ParseARN(in.RoomIdentifier) // Check has seen it
	all := []connection{}
	for _, info := range c.Seats.Connections(a) {
		all = append(all, connection{
			UserID: info.UserID, ConnectTime: asShown(info.Connected), Capabilities: info.Capabilities,
			SessionExpirationTime: asShown(info.SessionExpires), Node: c.Cluster.ID(),
		})
	}
	p.max++
	part, _ := pick(slices.Values(all), p, (*connection).where)
	return part
}

// asShown is t as other nodes read it, so that all agree on the order.
func asShown(t time.Time) (shown api.Timestamp) {
	_ = shown.UnmarshalText(chat.AppendTime(nil, t)) // its own form
	return shown
}

// nodeStatus is how a node is.
type nodeStatus struct {
	ID          string        `json:"id"`
	Version     string        `json:"version,omitzero"`
	StartTime   api.Timestamp `json:"startTime,omitzero"`
	Connections int           `json:"connections"`
	Rooms       int           `json:"rooms"` // that have connections here
	Ready       bool          `json:"ready"`
	Reason      string        `json:"reason,omitzero"` // why it is not ready
}

type statusOutput struct {
	Nodes  []nodeStatus  `json:"nodes"`
	Quotas []quota.Usage `json:"quotas"`
}

func (c *Census) node() nodeStatus {
	n := nodeStatus{ID: c.Cluster.ID(), Version: c.Version, StartTime: api.Timestamp{Time: c.Start}, Ready: true}
	n.Rooms, n.Connections = c.Seats.Count()
	if err := c.Ready(); err != nil {
		n.Ready, n.Reason = false, err.Error()
	}
	return n
}

func (c *Census) status(ctx context.Context, s *Server, scope chat.Scope) *statusOutput {
	out := &statusOutput{Nodes: []nodeStatus{}}
	for _, of := range ask[nodeStatus](ctx, c, nil) {
		n := of.answer
		if of.err != nil {
			n = nodeStatus{ID: of.node, Reason: "The node doesn't answer."}
		}
		out.Nodes = append(out.Nodes, n)
	}
	out.Quotas = c.Usage.Usage(ctx, scope, func(n quota.Name) int {
		if n == quota.LoggingConfigurations {
			return s.Logging.Count(scope)
		}
		return s.Rooms.Count(scope)
	})
	return out
}

// told is what a node answered, or that it didn't.
type told[T any] struct {
	node   string
	answer T
	err    error
}

// ask puts a question to every node at once and returns the answers by node.
func ask[T any](ctx context.Context, c *Census, question []byte) []told[T] {
	ctx, cancel := context.WithTimeout(ctx, censusTimeout)
	defer cancel()
	nodes := c.Cluster.Nodes()
	all := make([]told[T], len(nodes))
	var wait sync.WaitGroup
	for i, node := range nodes {
		wait.Go(func() {
			t := &all[i]
			t.node = node
			var data []byte
			if node == c.Cluster.ID() {
				data = c.Answer(ctx, question)
			} else if data, t.err = c.Cluster.Ask(ctx, node, CensusSubject, question); t.err != nil {
				return
			}
			if err := json.Unmarshal(data, &t.answer); err != nil {
				t.err = errors.New("the node's answer can't be read")
			}
		})
	}
	wait.Wait()
	slices.SortFunc(all, func(a, b told[T]) int { return cmp.Compare(a.node, b.node) })
	return all
}
