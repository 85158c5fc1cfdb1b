package help

// An example is a command line and what it is for.
type example struct{ what, command string }

// The ARNs of the examples.
const (
	room    = "arn:aws:ivschat:us-west-2:000000000000:room/AbCdEfGhIjKl"
	logging = "arn:aws:ivschat:us-west-2:000000000000:logging-configuration/MnOpQrStUvWx"
)

// examples returns the examples of an operation.
func examples(operation string) []example {
	return map[string][]example{
		"CreateChatToken": {
			{"A token for a member who may speak, with a name that others see:", "parlor create-chat-token \\\n    --room-identifier " + room +
				" \\\n    --user-id ada --capabilities SEND_MESSAGE \\\n    --attributes displayName='Ada L.'"},
			{"Only the token, for a script:", "parlor create-chat-token --room-identifier " + room + " \\\n    --user-id ada --query token --output text"},
		},
		"CreateRoom": {
			{"A room with its own limits:", "parlor create-room --name lobby \\\n    --maximum-message-length 280 --maximum-message-rate-per-second 5"},
			{"A room whose messages are reviewed and logged:", "parlor create-room --name stage \\\n" +
				"    --message-review-handler uri=arn:aws:lambda:us-west-2:000000000000:function:review,fallbackResult=DENY \\\n" +
				"    --logging-configuration-identifiers " + logging},
		},
		"GetRoom":    {{"One room, as YAML:", "parlor get-room --identifier " + room + " --output yaml"}},
		"UpdateRoom": {{"Another name; all else stays:", "parlor update-room --identifier " + room + " --name backstage"}},
		"DeleteRoom": {{"It prints nothing:", "parlor delete-room --identifier " + room}},
		"ListRooms": {
			{"Names and ARNs in a table:", "parlor list-rooms --output table --query 'rooms[].{name: name, arn: arn}'"},
			{"The rooms of one name:", "parlor list-rooms --name lobby"},
		},
		"SendEvent": {{"Something of your own to everybody in the room:", "parlor send-event --room-identifier " + room +
			" \\\n    --event-name score --attributes home=2,away=1"}},
		"DeleteMessage": {{"Take a message from view:", "parlor delete-message --room-identifier " + room +
			" \\\n    --id Q1w2E3r4T5y6 --reason 'off topic'"}},
		"DisconnectUser": {{"Show somebody the door:", "parlor disconnect-user --room-identifier " + room +
			" \\\n    --user-id mallory --reason spam"}},
		"CreateLoggingConfiguration": {{"Log to a bucket:", "parlor create-logging-configuration --name archive \\\n" +
			"    --destination-configuration s3={bucketName=my-chat-logs}"}},
		"GetLoggingConfiguration": {{"Where does it log to?", "parlor get-logging-configuration --identifier " + logging +
			" \\\n    --query destinationConfiguration"}},
		"UpdateLoggingConfiguration": {{"Another destination:", "parlor update-logging-configuration --identifier " + logging +
			" \\\n    --destination-configuration cloudWatchLogs={logGroupName=/chat}"}},
		"DeleteLoggingConfiguration": {{"It prints nothing:", "parlor delete-logging-configuration --identifier " + logging}},
		"ListLoggingConfigurations":  {{"Their names:", "parlor list-logging-configurations --query 'loggingConfigurations[].name' --output text"}},
		"ListTagsForResource":        {{"The tags of a room:", "parlor list-tags-for-resource --resource-arn " + room}},
		"TagResource":                {{"Two tags:", "parlor tag-resource --resource-arn " + room + " --tags team=blue,env=test"}},
		"UntagResource":              {{"Both of them off again:", "parlor untag-resource --resource-arn " + room + " --tag-keys team env"}},
	}[operation]
}
