package messaging

import (
	"strings"

	"parlor/chat"
)

// An action is one request of a client (behaviour.md §2.3). A member that was
// left out or null is its zero value.
type action struct {
	name       chat.Capability // an action is called like the capability it needs
	requestID  string
	content    string
	attributes map[string]string
	id         string
	userID     string
	reason     string
}

// parseAction reads one text frame. Names are matched in any case, unknown
// members are ignored and null is absence, as the service does; a name that
// comes twice is refused, because it can't be known which one was meant.
//
// problem says what is wrong, if anything is. The action then has what could
// be read, so that the answer can carry its RequestId.
func parseAction(text string) (a action, problem string) {
	p := parser{scanner: scanner{text: text}}
	if err := p.object(p.member); err != nil || !p.end() {
		return p.action, "Request is not a JSON object"
	}
	if p.problem == "" && p.action.name == "" {
		return p.action, "Action is missing"
	}
	return p.action, p.problem
}

type parser struct {
	scanner
	action  action
	seen    uint8  // members, by their place in names
	problem string // the first one that leaves the text readable
}

// The members of an action.
const (
	memberAction = iota
	memberRequestID
	memberContent
	memberAttributes
	memberID
	memberUserID
	memberReason
	memberUnknown
)

// memberOf tells which member is called name.
func memberOf(name string) int {
	for i, known := range [...]string{"Action", "RequestId", "Content", "Attributes", "Id", "UserId", "Reason"} {
		if len(name) == len(known) && strings.EqualFold(name, known) {
			return i
		}
	}
	return memberUnknown
}

// member reads the value of the member called name.
func (p *parser) member(name string) error {
	m := memberOf(name)
	if m == memberUnknown {
		return p.skip(1)
	}
	if p.seen&(1<<m) != 0 {
		p.complain("A member is given twice")
		return p.skip(1)
	}
	p.seen |= 1 << m
	if p.space() == 'n' {
		return p.skip(1)
	}
	if m == memberAttributes {
		return p.attributes()
	}
	if p.space() != '"' {
		p.complain("A member has the wrong type")
		return p.skip(1)
	}
	v, err := p.str()
	if err == nil {
		p.set(m, v)
	}
	return err
}

func (p *parser) set(member int, v string) {
	a := &p.action
	switch member {
	case memberAction:
		a.name = p.known(v)
	case memberRequestID:
		a.requestID = v
	case memberContent:
		a.content = v
	case memberID:
		a.id = v
	case memberUserID:
		a.userID = v
	case memberReason:
		a.reason = v
	}
}

func (p *parser) known(name string) chat.Capability {
	switch c := chat.Capability(name); c {
	case chat.SendMessage, chat.DeleteMessage, chat.DisconnectUser:
		return c
	}
	p.complain("Unknown action")
	return ""
}

// attributes reads a map of strings. Its size is judged later.
func (p *parser) attributes() error {
	if p.space() != '{' {
		p.complain("Attributes is not an object")
		return p.skip(1)
	}
	all := map[string]string{}
	p.action.attributes = all
	return p.object(func(name string) error {
		if p.space() != '"' {
			p.complain("An attribute is not a string")
			return p.skip(2)
		}
		if _, twice := all[name]; twice {
			p.complain("An attribute is given twice")
		}
		v, err := p.str()
		all[name] = v
		return err
	})
}

func (p *parser) complain(problem string) {
	if p.problem == "" {
		p.problem = problem
	}
}
