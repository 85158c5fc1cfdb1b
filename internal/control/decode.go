package control

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"parlor/api"
	"parlor/chat"
)

// maxBody is how large a request's body may be.
const maxBody = 256 << 10

// maxKept is how large a buffer for bodies may be to be used again; hardly any body
// needs more.
const maxKept = 16 << 10

// readBody reads the body of r into buf, which it may grow.
func readBody(r *http.Request, buf []byte) ([]byte, error) {
	if r.ContentLength > maxBody {
		return buf, errTooLarge()
	}
	buf = buf[:0]
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if len(buf) > maxBody {
			return buf, errTooLarge()
		}
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return buf, &chat.Error{Code: chat.RequestTimeout, Message: "The request's body took too long to come."}
		}
		if err != nil {
			return buf, &chat.Error{Code: chat.Serialization, Message: "The request's body ended too early."}
		}
	}
}

// unstated holds an input against the rules that the model doesn't state, so that they
// are named together with those it does.
func unstated(in any) []chat.FieldError {
	switch in := in.(type) {
	case *api.CreateRoomInput:
		return append(checkTags(in), checkLinks(in.LoggingConfigurationIdentifiers)...)
	case *api.UpdateRoomInput:
		return checkLinks(in.LoggingConfigurationIdentifiers)
	case *api.SendEventInput:
		return checkEventName(in.EventName)
	}
	return checkTags(in)
}

func errTooLarge() *chat.Error {
	return &chat.Error{Code: chat.EntityTooLarge, Message: "The request's body is larger than 262144 bytes."}
}

// decode reads the JSON text of an operation's input, strictly: a member that stands
// twice, a value of the wrong type, text after the end and bytes that are no UTF-8
// are all refused, because two readers could disagree on what they mean. Members that
// the operation doesn't know are ignored, as AWS does. No body at all is {}.
func decode(body []byte, in any) error {
	if len(body) == 0 {
		return nil
	}
	if kind := jsontext.Value(body).Kind(); kind != '{' {
		return &chat.Error{Code: chat.Serialization, Message: "The request's body is not a JSON object."}
	}
	err := json.Unmarshal(body, in, strict)
	if err == nil {
		return nil
	}
	message := "The request's body is not valid JSON."
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		message = "The value has the wrong type" + at(e.JSONPointer)
	} else if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok && errors.Is(e, jsontext.ErrDuplicateName) {
		message = "The member stands more than once" + at(e.JSONPointer)
	}
	return &chat.Error{Code: chat.Serialization, Message: message}
}

// strict is how decode reads maps.
var strict = json.WithUnmarshalers(json.UnmarshalFromFunc(texts))

// texts reads a map of texts. JSON's readers take a null in it for an empty one, which
// would say what the caller did not.
func texts(d *jsontext.Decoder, m *map[string]string) error {
	if d.PeekKind() != '{' {
		return errors.ErrUnsupported // read as anything else is
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	*m = map[string]string{}
	for d.PeekKind() != '}' {
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		name := t.String()
		if t, err = d.ReadToken(); err != nil {
			return err
		}
		if t.Kind() != '"' {
			return &json.SemanticError{JSONPointer: d.StackPointer()}
		}
		(*m)[name] = t.String()
	}
	_, err := d.ReadToken()
	return err
}

// at names the place of an error: at 'tags.team'.
func at(p jsontext.Pointer) string {
	if p == "" {
		return "."
	}
	return " at '" + strings.ReplaceAll(strings.TrimPrefix(string(p), "/"), "/", ".") + "'."
}
