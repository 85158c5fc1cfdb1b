package api

import (
	"net/http"

	"parlor/chat"
)

// Kinds of what IAM's operations act on: arn:aws:iam::<account>:<kind>/<name>.
const (
	KindUser   = "user"
	KindPolicy = "policy"
)

// manage is a line of Parlor's own table of operations on users, keys and policies.
// Target is the member that names the user or policy; without it the operation is
// about all of them.
func manage[In, Out any](name, kind, target, doc string) Op[In, Out] {
	return describe[In, Out](Operation{
		Name: name, Method: http.MethodPost, Path: parlorPrefix + "iam/" + name, Status: http.StatusOK,
		Kind: kind, Target: target, Doc: doc, Errors: []chat.Code{ad, ce, nf, ve},
	})
}

// The operations on users, keys and policies, which the service has elsewhere and
// Parlor below /parlor/iam/.
var (
	AddUser = manage[UserInput, UserOutput]("AddUser", KindUser, "name",
		"Makes a user, who can sign requests as soon as he has a key.")
	UpdateUser = manage[UserInput, UserOutput]("UpdateUser", KindUser, "name",
		"Gives a user other policies.")
	ListUsers = manage[ListUsersInput, ListUsersOutput]("ListUsers", KindUser, "",
		"Lists the users of an account.")
	RemoveUser = manage[RemoveUserInput, RemoveOutput]("RemoveUser", KindUser, "name",
		"Removes a user and revokes all his keys.")

	AddKey = manage[AddKeyInput, KeyOutput]("AddKey", KindUser, "user",
		"Makes an access key for a user. Its secret is shown this once.")
	ListKeys = manage[ListKeysInput, ListKeysOutput]("ListKeys", KindUser, "user",
		"Lists the access keys of a user, or of all, without their secrets.")
	RemoveKey = manage[RemoveKeyInput, RemoveOutput]("RemoveKey", KindUser, "user",
		"Revokes an access key: every node refuses it within a second.")
	RotateKey = manage[RotateKeyInput, KeyOutput]("RotateKey", KindUser, "user",
		"Makes a new access key in the place of an old one.")

	AddPolicy = manage[PolicyInput, PolicyOutput]("AddPolicy", KindPolicy, "name",
		"Keeps a policy document under a name.")
	UpdatePolicy = manage[PolicyInput, PolicyOutput]("UpdatePolicy", KindPolicy, "name",
		"Puts another document in the place of a policy's.")
	ListPolicies = manage[ListPoliciesInput, ListPoliciesOutput]("ListPolicies", KindPolicy, "",
		"Lists the policies of an account, the built-in ones first.")
	RemovePolicy = manage[RemovePolicyInput, RemoveOutput]("RemovePolicy", KindPolicy, "name",
		"Forgets a policy that no user has.")

	Simulate = manage[SimulateInput, SimulateOutput]("Simulate", KindUser, "user",
		"Says how one request of a user would be decided, and by which statement.")
)

// IAM returns the table of those operations, sorted by name.
func IAM() []*Operation {
	return []*Operation{
		AddKey.Operation, AddPolicy.Operation, AddUser.Operation,
		ListKeys.Operation, ListPolicies.Operation, ListUsers.Operation,
		RemoveKey.Operation, RemovePolicy.Operation, RemoveUser.Operation,
		RotateKey.Operation, Simulate.Operation,
		UpdatePolicy.Operation, UpdateUser.Operation,
	}
}

// RemoveOutput is what those that remove something answer: nothing.
type RemoveOutput struct{}

// UserInput is what AddUser and UpdateUser take.
type UserInput struct {
	Name     string   `json:"name" api:"required,min=1,max=64,pattern=principal" doc:"Name of the user."`
	Policies []string `json:"policies,omitzero" api:"max=20" elem:"PolicyName,min=1,max=64,pattern=principal" doc:"Names of the policies that say what the user may do."`
	Account  *string  `json:"account,omitzero" api:"pattern=account" doc:"The account, the caller's own unless given."`
}

// UserOutput is a user as he is shown.
type UserOutput struct {
	Account  string     `json:"account" doc:"The account."`
	Name     string     `json:"name" doc:"Name of the user."`
	ARN      string     `json:"arn" doc:"ARN of the user."`
	UserID   string     `json:"userId" doc:"The user's unique id."`
	Policies []string   `json:"policies" doc:"Names of the policies that say what the user may do."`
	Created  *Timestamp `json:"created,omitzero" doc:"Time when the user was made."`
}

// ListUsersInput is what ListUsers takes.
type ListUsersInput struct {
	Account *string `json:"account,omitzero" api:"pattern=account" doc:"The account, the caller's own unless given."`
}

// ListUsersOutput is what ListUsers answers.
type ListUsersOutput struct {
	Users []UserOutput `json:"users" doc:"The users by name."`
}

// RemoveUserInput is what RemoveUser takes.
type RemoveUserInput struct {
	Name    string  `json:"name" api:"required,min=1,max=64,pattern=principal" doc:"Name of the user."`
	Account *string `json:"account,omitzero" api:"pattern=account" doc:"The account, the caller's own unless given."`
}

// AddKeyInput is what AddKey takes.
type AddKeyInput struct {
	User        string  `json:"user" api:"required,min=1,max=64,pattern=principal" doc:"Name of the user."`
	LifeSeconds *int    `json:"lifeSeconds,omitzero" api:"min=1,max=31536000" doc:"Makes temporary credentials with a session token, which end after this time."`
	Account     *string `json:"account,omitzero" api:"pattern=account" doc:"The account, the caller's own unless given."`
}

// KeyOutput is an access key as it is shown: with its secret only when it was just made.
type KeyOutput struct {
	ID           string     `json:"id" doc:"The access key id."`
	Secret       string     `json:"secret,omitzero" api:"sensitive" doc:"The secret access key."`
	SessionToken string     `json:"sessionToken,omitzero" api:"sensitive" doc:"The session token of temporary credentials."`
	Account      string     `json:"account" doc:"The account."`
	User         string     `json:"user" doc:"Name of the user."`
	Created      *Timestamp `json:"created,omitzero" doc:"Time when the key was made."`
	Expires      *Timestamp `json:"expires,omitzero" doc:"Time when the key ends."`
}

// ListKeysInput is what ListKeys takes.
type ListKeysInput struct {
	User    *string `json:"user,omitzero" api:"min=1,max=64,pattern=principal" doc:"Name of the user; all of the account unless given."`
	Account *string `json:"account,omitzero" api:"pattern=account" doc:"The account, the caller's own unless given."`
}

// ListKeysOutput is what ListKeys answers.
type ListKeysOutput struct {
	Keys []KeyOutput `json:"keys" doc:"The keys by user."`
}

// RemoveKeyInput is what RemoveKey takes.
type RemoveKeyInput struct {
	User    string  `json:"user" api:"required,min=1,max=64,pattern=principal" doc:"Name of the user."`
	ID      string  `json:"id" api:"required,min=1,max=128" doc:"The access key id."`
	Account *string `json:"account,omitzero" api:"pattern=account" doc:"The account, the caller's own unless given."`
}

// RotateKeyInput is what RotateKey takes.
type RotateKeyInput struct {
	User           string  `json:"user" api:"required,min=1,max=64,pattern=principal" doc:"Name of the user."`
	ID             string  `json:"id" api:"required,min=1,max=128" doc:"The access key id of the old key."`
	OverlapSeconds *int    `json:"overlapSeconds,omitzero" api:"min=1,max=31536000" doc:"How long the old key is still good; it is revoked at once unless given."`
	Account        *string `json:"account,omitzero" api:"pattern=account" doc:"The account, the caller's own unless given."`
}

// PolicyInput is what AddPolicy and UpdatePolicy take.
type PolicyInput struct {
	Name     string  `json:"name" api:"required,min=1,max=64,pattern=principal" doc:"Name of the policy."`
	Document string  `json:"document" api:"required,min=1,max=16384" doc:"The policy document, as JSON."`
	Account  *string `json:"account,omitzero" api:"pattern=account" doc:"The account, the caller's own unless given."`
}

// PolicyOutput is a policy as it is shown.
type PolicyOutput struct {
	Account  string `json:"account" doc:"The account."`
	Name     string `json:"name" doc:"Name of the policy."`
	ARN      string `json:"arn" doc:"ARN of the policy."`
	Document string `json:"document" doc:"The policy document, as JSON."`
	BuiltIn  bool   `json:"builtIn,omitzero" doc:"Whether every account has it and it can't be changed."`
}

// ListPoliciesInput is what ListPolicies takes.
type ListPoliciesInput struct {
	Account *string `json:"account,omitzero" api:"pattern=account" doc:"The account, the caller's own unless given."`
}

// ListPoliciesOutput is what ListPolicies answers.
type ListPoliciesOutput struct {
	Policies []PolicyOutput `json:"policies" doc:"The policies by name."`
}

// RemovePolicyInput is what RemovePolicy takes.
type RemovePolicyInput struct {
	Name    string  `json:"name" api:"required,min=1,max=64,pattern=principal" doc:"Name of the policy."`
	Account *string `json:"account,omitzero" api:"pattern=account" doc:"The account, the caller's own unless given."`
}

// SimulateInput is what Simulate takes: a request that a user might make.
type SimulateInput struct {
	User            string            `json:"user" api:"required,min=1,max=64,pattern=principal" doc:"Name of the user who would make the request."`
	Action          string            `json:"action" api:"required,min=1,max=128" doc:"The action, such as ivschat:GetRoom."`
	Resource        string            `json:"resource" api:"required,min=1,max=256" doc:"ARN of the resource; for creating and listing that of all, room/*."`
	Region          *string           `json:"region,omitzero" api:"min=1,max=64" doc:"The region that is called, that of the resource unless given."`
	SourceIP        *string           `json:"sourceIp,omitzero" api:"min=2,max=45" doc:"The address that the request comes from (aws:SourceIp)."`
	SecureTransport *string           `json:"secureTransport,omitzero" api:"enum=true|false" doc:"Whether it comes over TLS (aws:SecureTransport)."`
	UserAgent       *string           `json:"userAgent,omitzero" api:"max=512" doc:"The caller's program (aws:UserAgent)."`
	Time            *Timestamp        `json:"time,omitzero" doc:"When the request comes, now unless given (aws:CurrentTime)."`
	ResourceTags    map[string]string `json:"resourceTags,omitzero" key:"TagKey,min=1,max=128" value:"TagValue,min=0,max=256" doc:"Tags that the resource has (aws:ResourceTag)."`
	RequestTags     map[string]string `json:"requestTags,omitzero" key:"TagKey,min=1,max=128" value:"TagValue,min=0,max=256" doc:"Tags that the request would set (aws:RequestTag, aws:TagKeys)."`
	TagKeys         []string          `json:"tagKeys,omitzero" elem:"TagKey,min=1,max=128" doc:"Keys of tags that the request would remove (aws:TagKeys)."`
	Account         *string           `json:"account,omitzero" api:"pattern=account" doc:"The user's account, the caller's own unless given."`
}

// SimulateOutput is what Simulate answers.
type SimulateOutput struct {
	Allowed   bool   `json:"allowed" doc:"Whether the request would be allowed."`
	Outcome   string `json:"outcome" doc:"Allow, ExplicitDeny, ImplicitDeny or OtherAccount."`
	Policy    string `json:"policy,omitzero" doc:"The policy that decided."`
	Statement int    `json:"statement,omitzero" doc:"Its statement that decided, counted from one."`
	Sid       string `json:"sid,omitzero" doc:"The statement's id, if it has one."`
	Reason    string `json:"reason" doc:"Why, in a sentence."`
}
