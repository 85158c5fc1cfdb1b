package iam

import "strings"

// Outcome is how a decision came about.
type Outcome string

// The outcomes, the last of which AWS words differently.
const (
	Allow        Outcome = "Allow"
	ImplicitDeny Outcome = "ImplicitDeny" // no statement allows it
	ExplicitDeny Outcome = "ExplicitDeny" // a statement denies it
	OtherAccount Outcome = "OtherAccount" // the resource is another account's
)

// A Decision says whether something is allowed and which statement decided it.
type Decision struct {
	Allowed   bool
	Outcome   Outcome
	Policy    string // name of the policy that decided
	Statement int    // its statement, counted from 1; 0 when none decided
	Sid       string
	Reason    string // in a sentence
}

// Decide says whether the caller may do action on resource, and why: an explicit
// deny wins, then an allow, and what nobody speaks of is denied.
func (c *Caller) Decide(action, resource string, ctx Context) Decision {
	if account := accountOf(resource); account != c.Account && !c.reaches(action, resource) {
		return Decision{Outcome: OtherAccount, Reason: "The resource belongs to another account."}
	}
	e := environment{caller: c, context: &ctx, action: strings.ToLower(action), resource: resource}
	decision := Decision{Outcome: ImplicitDeny, Reason: "No statement allows it."}
	for _, p := range c.policies {
		for i := range p.statements {
			s := &p.statements[i]
			v := s.applies(&e)
			switch {
			case s.deny && v == unknown:
				return p.decided(i, ExplicitDeny, "This statement denies it: it asks for something that cannot be known here, and then a Deny counts.")
			case s.deny && v == yes:
				return p.decided(i, ExplicitDeny, "This statement denies it.")
			case !s.deny && v == yes && !decision.Allowed:
				decision = p.decided(i, Allow, "This statement allows it and none denies it.")
			}
		}
	}
	return decision
}

// reaches says whether an action may leave the caller's own account: the
// operator manages the users of all.
func (c *Caller) reaches(action, resource string) bool {
	return c.operator && strings.HasPrefix(action, "parlor:") && strings.HasPrefix(resource, "arn:aws:iam:")
}

// decided makes the decision that statement i led to.
func (p *Policy) decided(i int, o Outcome, reason string) Decision {
	return Decision{
		Allowed: o == Allow, Outcome: o, Policy: p.Name,
		Statement: i + 1, Sid: p.statements[i].sid, Reason: reason,
	}
}

// verdict is the answer to a question that may have none.
type verdict int8

const (
	no verdict = iota
	unknown
	yes
)

// not turns yes into no and no into yes.
func (v verdict) not() verdict { return yes - v }

// truth is the verdict on what is known.
func truth(b bool) verdict {
	if b {
		return yes
	}
	return no
}
