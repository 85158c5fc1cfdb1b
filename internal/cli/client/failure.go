package client

import (
	"fmt"

	"parlor/internal/cli/value"
)

// A ServiceError is an answer that says no.
type ServiceError struct {
	Code      string
	Message   string
	Operation string
	Retries   int        // how often it was tried again in vain; -1 if it is not worth that
	Body      *value.Map // the answer's members, for those who want more than the message
}

// Error returns code, operation and message.
func (e *ServiceError) Error() string {
	retries := ""
	if e.Retries >= 0 {
		retries = fmt.Sprintf(" (reached max retries: %d)", e.Retries)
	}
	return fmt.Sprintf("An error occurred (%s) when calling the %s operation%s: %s", e.Code, e.Operation, retries, e.Message)
}

// A Missing says that a region or credentials are not to be found.
type Missing struct {
	What string // NoRegion or NoCredentials
}

// Error says how to get what is missing.
func (e *Missing) Error() string {
	if e.What == NoRegion {
		return `You must specify a region. You can also configure your region by running "aws configure".`
	}
	return `Unable to locate credentials. You can configure credentials by running "aws configure".`
}

// What may be missing.
const (
	NoRegion      = "NoRegion"
	NoCredentials = "NoCredentials"
)
