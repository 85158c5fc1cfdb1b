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
	ReviewMilliseconds    Name = "ReviewMilliseconds"    // that a message review handler may take
)

// A Kind says how a quota is counted.
type Kind string

// The kinds of quota.
const (
	API       Kind = "api"       // requests a second to one operation of the control plane
	Messaging Kind = "messaging" // requests a second, also over WebSocket
	Count     Kind = "count"     // things at a time
	Setting   Kind = "setting"   // a plain number that others read
)

// A Quota is one line of the service's table.
type Quota struct {
	Name Name
	Kind Kind
	AWS  int // the number per account and region
}

// Table returns behaviour.md §6, a line a quota.
func Table() []Quota {
	return []Quota{
		{"CreateChatToken", API, 200},
		{"CreateRoom", API, 5},
		{"GetRoom", API, 5},
		{"UpdateRoom", API, 5},
		{"DeleteRoom", API, 5},
		{"ListRooms", API, 5},
		{"SendEvent", API, 100},
		{"CreateLoggingConfiguration", API, 3},
		{"GetLoggingConfiguration", API, 3},
		{"UpdateLoggingConfiguration", API, 3},
		{"DeleteLoggingConfiguration", API, 3},
		{"ListLoggingConfigurations", API, 3},
		{"TagResource", API, 10},
		{"UntagResource", API, 10},
		{"ListTagsForResource", API, 10},
		{SendMessage, Messaging, 1000},
		{DeleteMessage, Messaging, 100},
		{DisconnectUser, Messaging, 100},
		{RoomMessages, Messaging, 100},
		{ConnectionRequests, Messaging, 10},
		{Connections, Count, 50_000},
		{Rooms, Count, 50_000},
		{LoggingConfigurations, Count, 10},
		{ReviewMilliseconds, Setting, 200},
	}
}
