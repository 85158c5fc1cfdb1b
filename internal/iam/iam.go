// Package iam says who a caller is and what the caller may do, in the words of
// AWS Identity and Access Management: users with access keys, and policies in
// AWS's JSON that allow or deny actions on resources.
//
// An [Authenticator] turns a signed request into a [Caller]; the caller's
// Authorize answers whether an action is allowed. Where a policy asks for
// something that this package cannot know, an Allow does not count and a Deny
// does, so that a gap never lets anybody do more.
package iam

import (
	"strings"

	"parlor/chat"
)

// A Caller is the principal behind a request whose signature was good, or one
// that [Simulate] imagines.
type Caller struct {
	Account string // twelve digits
	User    string // the user's name
	KeyID   string // the access key that signed; empty in a simulation
	Region  string // of the credential scope: where the request wants to act
	Service string // of the credential scope: ivschat or sts

	id       string // unique
	operator bool   // may manage the users of every account
	policies []*Policy
}

// ARN names the caller: arn:aws:iam::<account>:user/<name>.
func (c *Caller) ARN() string { return userARN(c.Account, c.User) }

// UserID is the caller's unique id as STS tells it.
func (c *Caller) UserID() string { return c.id }

// Scope is the account and the region that the request acts in.
func (c *Caller) Scope() chat.Scope { return chat.Scope{Account: c.Account, Region: c.Region} }

// Authorize says whether the caller may do action, such as "ivschat:GetRoom",
// on the resource that an ARN names. The error is an AccessDenied *chat.Error in
// AWS's words. An operation that needs two actions asks twice.
func (c *Caller) Authorize(action, resource string, ctx Context) error {
	d := c.Decide(action, resource, ctx)
	if d.Allowed {
		return nil
	}
	message := "User: " + c.ARN() + " is not authorized to perform: " + action + " on resource: " + resource
	switch d.Outcome {
	case ExplicitDeny:
		message += " with an explicit deny in an identity-based policy"
	case OtherAccount:
		message += " because no resource-based policy allows the " + action + " action"
	case ImplicitDeny, Allow:
		message += " because no identity-based policy allows the " + action + " action"
	}
	return &chat.Error{Code: chat.AccessDenied, Message: message}
}

// userARN is the ARN of a user.
func userARN(account, name string) string { return "arn:aws:iam::" + account + ":user/" + name }

// policyARN is the ARN of a policy.
func policyARN(account, name string) string { return "arn:aws:iam::" + account + ":policy/" + name }

// AllOf is the resource of the operations that create or list: every room, say,
// of an account and region. Policies written for "*" match it as those written
// for room/* do (behaviour.md §8).
func AllOf(scope chat.Scope, kind string) string {
	return "arn:aws:ivschat:" + scope.Region + ":" + scope.Account + ":" + kind + "/*"
}

// accountOf returns the account that an ARN names, or "".
func accountOf(resource string) string { return field(resource, 4) }

// regionOf returns the region that an ARN names, or "".
func regionOf(resource string) string { return field(resource, 3) }

// field returns the part of an ARN after n colons, or "".
func field(resource string, n int) string {
	for part := range strings.SplitSeq(resource, ":") {
		if n == 0 {
			return part
		}
		n--
	}
	return ""
}
