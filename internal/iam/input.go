package iam

import (
	"net/netip"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"parlor/chat"
)

// The inputs and outputs of the operations below /parlor/iam/. Each input names
// the resource that the caller must be allowed to act on, and checks itself.

// AccountInput says whose: the caller's own account if Account is empty.
type AccountInput struct {
	Account string `json:"account,omitzero"`
}

func (in *AccountInput) account(home string) string {
	if in.Account == "" {
		return home
	}
	return in.Account
}

// Resource is every user of the account.
func (in *AccountInput) Resource(s chat.Scope) string { return UserARN(in.account(s.Account), "*") }

// Check says what is wrong.
func (in *AccountInput) Check() []chat.FieldError {
	if in.Account != "" && !validAccount(in.Account) {
		return []chat.FieldError{{Name: "account", Message: "want twelve digits"}}
	}
	return nil
}

// checkName adds what is wrong with a name to what is wrong already.
func (in *AccountInput) checkName(field, name string) []chat.FieldError {
	bad := in.Check()
	if !validName(name) {
		bad = append(bad, chat.FieldError{Name: field, Message: "want 1 to 64 letters, digits and +=,.@_-"})
	}
	return bad
}

// Empty is the answer of what has nothing to say.
type Empty struct{}

// NameInput names a user or a policy.
type NameInput struct {
	AccountInput
	Name string `json:"name"`
}

// Check says what is wrong.
func (in *NameInput) Check() []chat.FieldError { return in.checkName("name", in.Name) }

// Resource is the user.
func (in *NameInput) Resource(s chat.Scope) string { return UserARN(in.account(s.Account), in.Name) }

// UserInput is a user and the policies he is to have.
type UserInput struct {
	NameInput
	Policies []string `json:"policies,omitzero"`
}

// Check says what is wrong.
func (in *UserInput) Check() []chat.FieldError {
	bad := in.NameInput.Check()
	if len(in.Policies) > 20 {
		bad = append(bad, chat.FieldError{Name: "policies", Message: "want at most 20"})
	}
	return bad
}

// KeyInput asks for a key of a user; with LifeSeconds for a temporary one.
type KeyInput struct {
	AccountInput
	User        string `json:"user"`
	LifeSeconds int    `json:"lifeSeconds,omitzero"`
}

// Check says what is wrong.
func (in *KeyInput) Check() []chat.FieldError {
	return append(in.checkName("user", in.User), checkSeconds("lifeSeconds", in.LifeSeconds)...)
}

// Resource is the user.
func (in *KeyInput) Resource(s chat.Scope) string { return UserARN(in.account(s.Account), in.User) }

// KeysInput asks for the keys of a user, or of all if User is empty.
type KeysInput struct {
	AccountInput
	User string `json:"user,omitzero"`
}

// Resource is the user, or all of the account.
func (in *KeysInput) Resource(s chat.Scope) string {
	if in.User == "" {
		return in.AccountInput.Resource(s)
	}
	return UserARN(in.account(s.Account), in.User)
}

// OneKeyInput names a key of a user. OverlapSeconds is how long it stays good
// after it was rotated.
type OneKeyInput struct {
	AccountInput
	User           string `json:"user"`
	ID             string `json:"id"`
	OverlapSeconds int    `json:"overlapSeconds,omitzero"`
}

// Check says what is wrong.
func (in *OneKeyInput) Check() []chat.FieldError {
	bad := append(in.checkName("user", in.User), checkSeconds("overlapSeconds", in.OverlapSeconds)...)
	if in.ID == "" {
		bad = append(bad, chat.FieldError{Name: "id", Message: "which key?"})
	}
	return bad
}

// Resource is the user.
func (in *OneKeyInput) Resource(s chat.Scope) string { return UserARN(in.account(s.Account), in.User) }

// PolicyInput is a policy to keep.
type PolicyInput struct {
	AccountInput
	Name     string         `json:"name"`
	Document jsontext.Value `json:"document"`
	Replace  bool           `json:"replace,omitzero"`
}

// Check says what is wrong.
func (in *PolicyInput) Check() []chat.FieldError {
	bad := in.checkName("name", in.Name)
	if len(in.Document) == 0 {
		bad = append(bad, chat.FieldError{Name: "document", Message: "want a policy document"})
	}
	return bad
}

// Resource is the policy.
func (in *PolicyInput) Resource(s chat.Scope) string {
	return PolicyARN(in.account(s.Account), in.Name)
}

// PolicyNameInput names a policy.
type PolicyNameInput struct{ NameInput }

// Resource is the policy.
func (in *PolicyNameInput) Resource(s chat.Scope) string {
	return PolicyARN(in.account(s.Account), in.Name)
}

// PoliciesInput asks for the policies of an account.
type PoliciesInput struct{ AccountInput }

// Resource is every policy of the account.
func (in *PoliciesInput) Resource(s chat.Scope) string { return PolicyARN(in.account(s.Account), "*") }

// SimulateInput is a request that a user might make.
type SimulateInput struct {
	AccountInput
	User            string            `json:"user"`
	Action          string            `json:"action"`
	On              string            `json:"resource"`
	Region          string            `json:"region,omitzero"` // that of the resource if empty
	SourceIP        netip.Addr        `json:"sourceIp,omitzero"`
	SecureTransport bool              `json:"secureTransport,omitzero"`
	UserAgent       string            `json:"userAgent,omitzero"`
	Time            time.Time         `json:"time,omitzero"` // now if empty
	ResourceTags    map[string]string `json:"resourceTags,omitzero"`
	RequestTags     map[string]string `json:"requestTags,omitzero"`
	TagKeys         []string          `json:"tagKeys,omitzero"`
}

// Check says what is wrong.
func (in *SimulateInput) Check() []chat.FieldError {
	bad := in.checkName("user", in.User)
	if in.Action == "" {
		bad = append(bad, chat.FieldError{Name: "action", Message: "want an action such as ivschat:GetRoom"})
	}
	if in.On == "" {
		bad = append(bad, chat.FieldError{Name: "resource", Message: "want the ARN of a resource"})
	}
	return bad
}

// Resource is the user.
func (in *SimulateInput) Resource(s chat.Scope) string {
	return UserARN(in.account(s.Account), in.User)
}

// context is the request's.
func (in *SimulateInput) context() Context {
	return Context{
		Time: in.Time, SourceIP: in.SourceIP, SecureTransport: in.SecureTransport, UserAgent: in.UserAgent,
		ResourceTags: in.ResourceTags, RequestTags: in.RequestTags, TagKeys: in.TagKeys,
	}
}

// checkSeconds says what is wrong with a time to live.
func checkSeconds(field string, n int) []chat.FieldError {
	if n < 0 || n > 365*24*60*60 {
		return []chat.FieldError{{Name: field, Message: "want seconds, up to a year of them"}}
	}
	return nil
}
