package control

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/http"
	"net/url"

	"parlor/chat"
)

// identity is the answer of GetCallerIdentity.
type identity struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
	ARN       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

// stsError is an error of the same service.
type stsError struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ ErrorResponse"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

// callerIdentity is the one operation of the Security Token Service that is answered
// here, so that tools which ask who they are before anything else, as Terraform does,
// work with the same endpoint. It needs a good signature and no permission.
func (s *Server) callerIdentity() *route {
	return &route{name: "GetCallerIdentity", status: http.StatusOK, service: "sts", xml: true, do: func(_ context.Context, q *Request) (any, error) {
		form, err := url.ParseQuery(string(q.body))
		if err != nil || form.Get("Action") != "GetCallerIdentity" {
			return nil, &chat.Error{Code: invalidAction, Message: "Could not find the operation"}
		}
		return appendXML(&identity{ARN: q.Caller.ARN(), UserID: q.Caller.UserID(), Account: q.Caller.Account, RequestID: q.ID})
	}}
}

// xmlError is an error as the Security Token Service words it.
func xmlError(e *chat.Error, code int, requestID string) []byte {
	out := stsError{Type: "Sender", Code: string(e.Code), Message: e.Message, RequestID: requestID}
	if name, ok := stsNames()[e.Code]; ok {
		out.Code = name
	}
	if code >= http.StatusInternalServerError {
		out.Type = "Receiver"
	}
	body, err := appendXML(&out)
	if err != nil {
		return nil
	}
	return body
}

// stsNames is how that service calls errors which the others have as well.
func stsNames() map[chat.Code]string {
	return map[chat.Code]string{
		chat.UnrecognizedClient:  "InvalidClientTokenId",
		chat.InvalidSignature:    "SignatureDoesNotMatch",
		chat.MissingToken:        "MissingAuthenticationToken",
		chat.ExpiredToken:        "ExpiredToken",
		chat.IncompleteSignature: "IncompleteSignature",
	}
}

func appendXML(v any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	err := xml.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}
