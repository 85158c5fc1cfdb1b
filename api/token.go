package api

import "parlor/chat"

// CreateChatTokenInput is what CreateChatToken takes.
type CreateChatTokenInput struct {
	RoomIdentifier           string            `json:"roomIdentifier" api:"required,min=1,max=128,pattern=room" doc:"Identifier of the room that the client is trying to access."`
	UserID                   string            `json:"userId" api:"required,sensitive,min=1,max=128" doc:"Application-provided ID that uniquely identifies the user associated with this token."`
	Capabilities             []chat.Capability `json:"capabilities,omitzero" elem:"ChatTokenCapability,enum=SEND_MESSAGE|DELETE_MESSAGE|DISCONNECT_USER" doc:"Set of capabilities that the user is allowed to perform in the room."`
	SessionDurationInMinutes *int              `json:"sessionDurationInMinutes,omitzero" api:"min=1,max=180" doc:"Session duration (in minutes), after which the session expires."`
	Attributes               map[string]string `json:"attributes,omitzero" api:"sensitive,bytes=1024" key:"String" value:"String" doc:"Application-provided attributes to encode into the token and attach to a chat session."`
}

// CreateChatTokenOutput is what CreateChatToken answers.
type CreateChatTokenOutput struct {
	Token                 string    `json:"token" api:"sensitive" doc:"The issued client token, encrypted."`
	TokenExpirationTime   Timestamp `json:"tokenExpirationTime" doc:"Time after which the token is no longer valid and cannot be used to connect to a room."`
	SessionExpirationTime Timestamp `json:"sessionExpirationTime" doc:"Time after which an end user's session is no longer valid."`
}
