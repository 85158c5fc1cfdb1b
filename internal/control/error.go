package control

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"parlor/chat"
)

// invalidAction is what the Security Token Service says of an action it doesn't have.
const invalidAction chat.Code = "InvalidAction"

// errorBody is an error as it goes over the wire (behaviour.md §9.1, §9.2). The type
// is in __type and in a header; there is never a member called code, which some SDKs
// would take for it.
type errorBody struct {
	Type         chat.Code         `json:"__type"`
	Message      string            `json:"message"`
	Reason       string            `json:"reason,omitzero"`
	FieldList    []chat.FieldError `json:"fieldList,omitzero"`
	ResourceID   string            `json:"resourceId,omitzero"`
	ResourceType string            `json:"resourceType,omitzero"`
	Limit        *int              `json:"limit,omitzero"`
}

// appendError appends the body of e.
func appendError(dst []byte, e *chat.Error) []byte {
	body := errorBody{
		Type: e.Code, Message: e.Message, Reason: e.Reason, FieldList: e.Fields,
		ResourceID: e.ResourceID, ResourceType: e.ResourceType,
	}
	if e.Code == chat.Throttling || e.Code == chat.ServiceQuotaExceeded {
		body.Limit = &e.Limit
	}
	out, err := json.Marshal(&body, json.Deterministic(true))
	if err != nil { // text that is no UTF-8; the type and the status still tell
		return append(dst, `{"message":"error"}`...)
	}
	return append(dst, out...)
}

// status returns the status that goes with an error's type (behaviour.md §9.1, §9.3).
// Types that only signatures have are all 403.
func status(code chat.Code) int {
	switch code {
	case chat.Validation, chat.Serialization, invalidAction:
		return http.StatusBadRequest
	case chat.ServiceQuotaExceeded:
		return http.StatusPaymentRequired
	case chat.ResourceNotFound, chat.UnknownOperation:
		return http.StatusNotFound
	case chat.Conflict:
		return http.StatusConflict
	case chat.RequestTimeout:
		return http.StatusRequestTimeout
	case chat.EntityTooLarge:
		return http.StatusRequestEntityTooLarge
	case chat.Throttling:
		return http.StatusTooManyRequests
	case chat.Internal:
		return http.StatusInternalServerError
	case chat.ServiceUnavailable:
		return http.StatusServiceUnavailable
	case chat.AccessDenied, chat.PendingVerification, chat.MissingToken, chat.IncompleteSignature,
		chat.InvalidSignature, chat.UnrecognizedClient, chat.ExpiredToken:
		return http.StatusForbidden
	}
	return http.StatusForbidden
}
