package server

import (
	"parlor/chat"
	"parlor/internal/control"
)

// takeCensus lets the control plane tell who is connected and how the nodes are, and
// this node answer when another one is asked.
func (s *server) takeCensus() error {
	c := &control.Census{
		Cluster: peers{s.node}, Seats: s.hub, Usage: s.quotas,
		Ready: s.ready, Version: chat.Version, Start: s.clock.Now(),
	}
	c.Mount(s.plane)
	return s.node.Answer(control.CensusSubject, c.Answer)
}
