// Package chat holds the nouns of Parlor: rooms, tokens' claims, messages, events,
// errors and their limits. It knows no transport, no store and no clock but its own.
package chat

// Version is what this build calls itself.
const Version = "0.1.0"
