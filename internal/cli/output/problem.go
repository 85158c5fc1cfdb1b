package output

import "fmt"

// A problem is an error in the AWS CLI's words, which begin with a capital and
// may end with a stop.
type problem string

func (p problem) Error() string { return string(p) }

func problemf(format string, args ...any) error { return problem(fmt.Sprintf(format, args...)) }
