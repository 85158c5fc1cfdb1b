package chat

import (
	"errors"
	"fmt"
	"strings"
)

// A Code is an error's type as AWS names it; it travels in x-amzn-ErrorType.
type Code string

// The codes of the control plane (behaviour.md §9).
const (
	Validation           Code = "ValidationException"
	Serialization        Code = "SerializationException"
	AccessDenied         Code = "AccessDeniedException"
	PendingVerification  Code = "PendingVerification"
	ResourceNotFound     Code = "ResourceNotFoundException"
	Conflict             Code = "ConflictException"
	ServiceQuotaExceeded Code = "ServiceQuotaExceededException"
	Throttling           Code = "ThrottlingException"
	Internal             Code = "InternalServerException"
	ServiceUnavailable   Code = "ServiceUnavailable"
	UnknownOperation     Code = "UnknownOperationException"
	MissingToken         Code = "MissingAuthenticationTokenException"
	IncompleteSignature  Code = "IncompleteSignatureException"
	InvalidSignature     Code = "InvalidSignatureException"
	UnrecognizedClient   Code = "UnrecognizedClientException"
	ExpiredToken         Code = "ExpiredTokenException"
	EntityTooLarge       Code = "RequestEntityTooLargeException"
	RequestTimeout       Code = "RequestTimeoutException"
)

// Why a ValidationException was given (behaviour.md §9.1).
const (
	ReasonUnknownOperation = "UNKNOWN_OPERATION"
	ReasonFields           = "FIELD_VALIDATION_FAILED"
	ReasonOther            = "OTHER"
)

// Resource types as error bodies name them. The model lists only ROOM; the other is
// our choice (behaviour.md §9.1).
const (
	TypeRoom    = "ROOM"
	TypeLogging = "LOGGING_CONFIGURATION"
)

// An Error is what a caller of the control plane may see. Anything that is not an
// *Error stays inside and reaches the caller as InternalServerException.
type Error struct {
	Code         Code
	Message      string
	Reason       string       // of Validation
	Fields       []FieldError // of Validation
	ResourceID   string       // the bare id, of ResourceNotFound, Conflict, ServiceQuotaExceeded, Throttling
	ResourceType string       // TypeRoom or TypeLogging, with ResourceID
	Limit        int          // of ServiceQuotaExceeded and Throttling
}

// A FieldError says what is wrong with one field of a request.
type FieldError struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// Error returns the code and the message.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Public returns the part of err that the caller may see.
func Public(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: Internal, Message: "internal error"}
}

// NotFound says that the resource does not exist.
func NotFound(a ARN) *Error {
	return &Error{
		Code: ResourceNotFound, Message: fmt.Sprintf("Resource: %s not found", a),
		ResourceID: a.ID, ResourceType: a.Type(),
	}
}

// InConflict says that the resource is in a state that forbids the request.
func InConflict(a ARN, message string) *Error {
	return &Error{Code: Conflict, Message: message, ResourceID: a.ID, ResourceType: a.Type()}
}

// Invalid says that the request as a whole makes no sense, for a reason no single
// field can be blamed for.
func Invalid(message string) *Error {
	return &Error{Code: Validation, Message: message, Reason: ReasonOther}
}

// InvalidFields says which fields are bad, all at once.
func InvalidFields(fields []FieldError) *Error {
	return &Error{Code: Validation, Message: fieldsMessage(fields), Reason: ReasonFields, Fields: fields}
}

func fieldsMessage(fields []FieldError) string {
	messages := make([]string, len(fields))
	for i, f := range fields {
		messages[i] = f.Message
	}
	if len(fields) == 1 {
		return messages[0]
	}
	return fmt.Sprintf("%d validation errors detected: %s", len(fields), strings.Join(messages, "; "))
}

// Type returns the resource's type as error bodies name it.
func (a ARN) Type() string {
	if a.Kind == KindLogging {
		return TypeLogging
	}
	return TypeRoom
}
