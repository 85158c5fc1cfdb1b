package server

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"parlor/chat"
	"parlor/internal/metric"
)

// A meter turns what the parts tell into the metrics of docs/metrics.md. Its methods
// are on hot paths: what is counted often is looked up once.
type meter struct {
	actions     map[string]counted // by the wire's and the API's name of an action
	requests    adder
	deliveries  adder
	refusals    *metric.Counter
	handshakes  *metric.Counter
	accepted    adder
	disconnects *metric.Counter
	minted      adder
	quotas      *metric.Counter
	api         *metric.Histogram
}

// counted is the two counters of one action.
type counted struct{ requests, deliveries adder }

// An adder is a counter of which the labels are known.
type adder interface{ Add(n float64) }

func newMeter(set *metric.Set) *meter {
	requests := set.Counter(metric.Requests, "Messaging requests, over HTTP and WebSocket.", "action")
	deliveries := set.Counter(metric.Deliveries, "Deliveries to connections.", "action")
	m := &meter{
		actions:     map[string]counted{},
		requests:    set.Counter(metric.MessagingRequests, "Messaging requests of all actions.").With(),
		deliveries:  set.Counter(metric.MessagingDeliveries, "Deliveries to connections, of all actions.").With(),
		refusals:    set.Counter(metric.Refusals, "ERROR entities sent.", "code"),
		handshakes:  set.Counter(metric.Handshakes, "WebSocket handshakes by outcome.", "outcome"),
		disconnects: set.Counter(metric.Disconnects, "Connections that ended.", "reason"),
		minted:      set.Counter(metric.TokensMinted, "Chat tokens minted.").With(),
		quotas:      set.Counter(metric.QuotaRefusals, "Requests refused for a quota.", "quota"),
		api:         set.Histogram(metric.APIRequestSeconds, "Control-plane requests.", "operation", "status"),
	}
	m.accepted = m.handshakes.With("accepted")
	for _, names := range [][2]string{
		{"SEND_MESSAGE", metric.ActionSendMessage},
		{"DELETE_MESSAGE", metric.ActionDeleteMessage},
		{"DISCONNECT_USER", metric.ActionDisconnectUser},
		{"", metric.ActionSendEvent},
	} {
		c := counted{requests.With(names[1]), deliveries.With(names[1])}
		m.actions[names[1]] = c
		if names[0] != "" {
			m.actions[names[0]] = c
		}
	}
	return m
}

// Request counts an action that a client asked for; "" could not be read.
func (m *meter) Request(action string) {
	m.requests.Add(1)
	if c, ok := m.actions[action]; ok {
		c.requests.Add(1)
	}
}

// Delivered counts what a room's members of this node were sent.
func (m *meter) Delivered(action string, connections int) {
	n := float64(connections)
	m.deliveries.Add(n)
	if c, ok := m.actions[action]; ok {
		c.deliveries.Add(n)
	}
}

// Refused counts an ERROR entity.
func (m *meter) Refused(code int) {
	m.refusals.With(strconv.Itoa(code)).Inc()
	if code == http.StatusTooManyRequests {
		m.quotas.With("Messaging").Inc()
	}
}

// Opened counts a connection that began.
func (m *meter) Opened() { m.accepted.Add(1) }

// Closed counts a connection that ended.
func (m *meter) Closed(reason string) { m.disconnects.With(reason).Inc() }

// Denied counts a handshake that was refused: unauthorized, not_found, ….
func (m *meter) Denied(status int) {
	m.handshakes.With(strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")).Inc()
}

// Observe counts a request to the control plane.
func (m *meter) Observe(operation string, code chat.Code, took time.Duration) {
	status := "success"
	if code != "" {
		status = string(code)
	}
	m.api.With(operation, status).Observe(took.Seconds())
	switch {
	case code == chat.Throttling || code == chat.ServiceQuotaExceeded:
		m.quotas.With(operation).Inc()
	case code == "" && operation == "CreateChatToken":
		m.minted.Add(1)
	case code == "":
		if c, ok := m.actions[operation]; ok {
			m.requests.Add(1)
			c.requests.Add(1)
		}
	}
}

// watch adds what is read when somebody asks.
func (s *server) watch() {
	s.metrics.GaugeFunc(metric.ConcurrentChatConnections, "Open connections of this node.", func() float64 {
		_, n := s.hub.Count()
		return float64(n)
	})
	s.metrics.GaugeFunc(metric.LiveRooms, "Rooms with members on this node.", func() float64 {
		n, _ := s.hub.Count()
		return float64(n)
	})
	s.metrics.GaugeFunc(metric.ClusterMembers, "Live nodes as this one sees them.", func() float64 {
		return float64(len(s.node.Members()))
	})
	s.metrics.GaugeFunc(metric.NATSConnected, "1 when this node can do all of its work on NATS.", func() float64 {
		if s.node.Ready() != nil {
			return 0
		}
		return 1
	})
}
