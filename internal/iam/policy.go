package iam

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDocument bounds a policy document, in bytes. AWS takes 6,144 characters
// without blanks.
const maxDocument = 16 << 10

// Policy is a policy document under a name, read and checked. Its JSON form has
// the document as it was written.
type Policy struct {
	Account  string
	Name     string
	Document []byte // JSON

	statements []statement
}

// NewPolicy reads a policy document. It refuses what it does not understand
// whole: a statement half understood might deny less than its author meant.
func NewPolicy(account, name string, document []byte) (*Policy, error) {
	p := &Policy{Account: account, Name: name, Document: document}
	if len(document) > maxDocument {
		return nil, fmt.Errorf("policy %s: more than %d bytes", name, maxDocument)
	}
	var err error
	if p.statements, err = parseDocument(document); err != nil {
		return nil, fmt.Errorf("policy %s: %w", name, err)
	}
	return p, nil
}

// policyRecord is a policy as JSON.
type policyRecord struct {
	Account  string         `json:"account"`
	Name     string         `json:"name"`
	Document jsontext.Value `json:"document"`
}

// MarshalJSON writes the policy with its document within.
func (p *Policy) MarshalJSON() ([]byte, error) {
	return json.Marshal(policyRecord{Account: p.Account, Name: p.Name, Document: p.Document})
}

// UnmarshalJSON reads what MarshalJSON wrote. A document that this version does
// not understand denies everything: it was understood when it was taken in, and
// may hold a Deny.
func (p *Policy) UnmarshalJSON(b []byte) error {
	var r policyRecord
	if err := json.Unmarshal(b, &r); err != nil {
		return err
	}
	read, err := NewPolicy(r.Account, r.Name, r.Document)
	if err != nil {
		*p = Policy{Account: r.Account, Name: r.Name, Document: r.Document, statements: denyAll()}
		return nil //nolint:nilerr // fails closed, so that one bad record stops nobody's start
	}
	*p = *read
	return nil
}

// document is the JSON of a policy.
type document struct {
	Version   string        `json:"Version"`
	ID        string        `json:"Id"`
	Statement list[grammar] `json:"Statement"`
}

// grammar is the JSON of a statement. Principal has no place in the policy of an
// identity, and is refused as unknown.
type grammar struct {
	Sid         string                             `json:"Sid"`
	Effect      string                             `json:"Effect"`
	Action      list[string]                       `json:"Action"`
	NotAction   list[string]                       `json:"NotAction"`
	Resource    list[string]                       `json:"Resource"`
	NotResource list[string]                       `json:"NotResource"`
	Condition   map[string]map[string]list[scalar] `json:"Condition"`
}

// list is what may be written as one or as several. It is nil only if it was not
// written at all.
type list[T any] []T

// UnmarshalJSONFrom reads one T or an array of them.
func (l *list[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*l = list[T]{}
	if d.PeekKind() == '[' {
		return json.UnmarshalDecode(d, (*[]T)(l))
	}
	var one T
	if err := json.UnmarshalDecode(d, &one); err != nil {
		return err
	}
	*l = list[T]{one}
	return nil
}

// scalar is a value of a condition: a string, a number or a boolean, as text.
type scalar string

// UnmarshalJSONFrom reads a scalar.
func (s *scalar) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if k := d.PeekKind(); k != '"' && k != '0' && k != 't' && k != 'f' {
		return errors.New("a condition's value must be a string, a number or a boolean")
	}
	t, err := d.ReadToken()
	if err != nil {
		return err
	}
	*s = scalar(t.String())
	return nil
}

// refuseNull refuses a document with a null in it: JSON's way of leaving
// something out would leave a condition out.
func refuseNull(text []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		t, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if t.Kind() == 'n' {
			return fmt.Errorf("null at %q", d.StackPointer())
		}
	}
}

// inWords says what is wrong with a JSON text in its author's words, not in Go's.
func inWords(err error) error {
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return errors.New("not valid JSON: " + strings.TrimPrefix(e.Error(), "jsontext: "))
	}
	e, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case !ok:
		return err
	case errors.Is(err, json.ErrUnknownName):
		return fmt.Errorf("unknown member at %q", e.JSONPointer)
	case e.Err != nil:
		return fmt.Errorf("%w, at %q", e.Err, e.JSONPointer)
	}
	return fmt.Errorf("a value of the wrong type at %q", e.JSONPointer)
}

// parseDocument reads a policy's JSON strictly: no unknown members, none twice.
func parseDocument(text []byte) ([]statement, error) {
	if err := refuseNull(text); err != nil {
		return nil, inWords(err)
	}
	var d document
	if err := json.Unmarshal(text, &d, json.RejectUnknownMembers(true)); err != nil {
		return nil, inWords(err)
	}
	switch d.Version {
	case "2012-10-17", "2008-10-17", "":
	default:
		return nil, fmt.Errorf("version %q: want 2012-10-17 or 2008-10-17", d.Version)
	}
	if len(d.Statement) == 0 {
		return nil, errors.New("no Statement")
	}
	variables := d.Version == "2012-10-17"
	statements := make([]statement, len(d.Statement))
	for i := range d.Statement {
		var err error
		if statements[i], err = d.Statement[i].compile(variables); err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
	}
	return statements, nil
}
