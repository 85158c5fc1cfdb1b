package chat

import (
	"time"
	"unicode/utf8"
)

// Limits of the contract; each names its clause in behaviour.md.
const (
	TokenLifetime          = time.Minute            // §1.2: a token must be spent within it
	DefaultSessionMinutes  = 60                     // §1.1
	MaxSessionMinutes      = 180                    // §1.1
	MaxUserID              = 128                    // characters, §1.1
	MaxAttributeBytes      = 1024                   // UTF-8 bytes of keys and values, §1.1, §2.3
	MaxEventAttributeBytes = 4096                   // §3.6
	MaxEventName           = 100                    // characters, §3.6
	MaxReason              = 256                    // characters, §2.3
	MaxRequestID           = 256                    // characters, §2.3
	MaxFrame               = 16 << 10               // bytes of one inbound message, §2.6
	MaxRoomName            = 128                    // characters, §3.2
	DefaultMessageRate     = 10                     // per second and room, §3.2
	MaxMessageRate         = 100                    // §3.2
	DefaultMessageLength   = 500                    // code points, §3.2
	MaxMessageLength       = 500                    // §3.2
	MaxTags                = 50                     // per resource, §3.7
	MaxTagKey              = 128                    // characters, §3.7
	MaxTagValue            = 256                    // characters, §3.7
	MaxRoomLogging         = 3                      // logging configurations a room, §5.1
	MaxPage                = 50                     // results of one list call, §3.5
	ReviewTimeout          = 200 * time.Millisecond // §4
)

// Length counts s as the contract does: in Unicode code points.
func Length(s string) int { return utf8.RuneCountInString(s) }

// AttributeBytes counts the UTF-8 bytes of all keys and values of m (§1.1).
func AttributeBytes(m map[string]string) int {
	n := 0
	for k, v := range m {
		n += len(k) + len(v)
	}
	return n
}
