package quota

// A Name is what a quota limits. It is how the quota is called in a file.
type Name string

// Quotas that are not named like an operation of the control plane.
const (
	SendMessage           Name = "SendMessage"           // messages a second, all rooms
	DeleteMessage         Name = "DeleteMessage"         // a second, HTTP and WebSocket together
	DisconnectUser        Name = "DisconnectUser"        // a second, HTTP and WebSocket together
	RoomMessages          Name = "RoomMessages"          // ceiling of a room's own messages a second
	ConnectionRequests    Name = "ConnectionRequests"    // requests of any kind a second and connection
	Connections           Name = "Connections"           // at a time, all rooms
	Rooms                 Name = "Rooms"                 // in all
	LoggingConfigurations Name = "LoggingConfigurations" // in all
	ReviewTimeout         Name = "ReviewTimeout"         // milliseconds of one message review
)

// A kind says how a quota is counted.
type kind string

// The kinds of quota.
const (
	api       kind = "api"       // requests a second to one operation of the control plane
	messaging kind = "messaging" // requests a second, also over WebSocket
	count     kind = "count"     // things at a time
	span      kind = "span"      // milliseconds
)

// A line is one line of the service's table.
type line struct {
	name Name
	kind kind
	aws  int // the number per account and region
}

// table returns behaviour.md §6, a line a quota.
func table() []line {
	return []line{
		{"CreateChatToken", api, 200},
		{"CreateRoom", api, 5},
		{"GetRoom", api, 5},
		{"UpdateRoom", api, 5},
		{"DeleteRoom", api, 5},
		{"ListRooms", api, 5},
		{"SendEvent", api, 100},
		{"CreateLoggingConfiguration", api, 3},
		{"GetLoggingConfiguration", api, 3},
		{"UpdateLoggingConfiguration", api, 3},
		{"DeleteLoggingConfiguration", api, 3},
		{"ListLoggingConfigurations", api, 3},
		{"TagResource", api, 10},
		{"UntagResource", api, 10},
		{"ListTagsForResource", api, 10},
		{SendMessage, messaging, 1000},
		{DeleteMessage, messaging, 100},
		{DisconnectUser, messaging, 100},
		{RoomMessages, messaging, 100},
		{ConnectionRequests, messaging, 10},
		{Connections, count, 50_000},
		{Rooms, count, 50_000},
		{LoggingConfigurations, count, 10},
		{ReviewTimeout, span, Unlimited}, // the operator's --review-timeout: 200 ms
	}
}
