package api

import (
	"net/http"

	"parlor/chat"
)

// Short names for the errors of the table (behaviour.md §3.1).
const (
	ad = chat.AccessDenied
	ce = chat.Conflict
	is = chat.Internal
	nf = chat.ResourceNotFound
	pv = chat.PendingVerification
	sq = chat.ServiceQuotaExceeded
	th = chat.Throttling
	ve = chat.Validation
)

// post is a line of the table for the operations that are a POST to their own name.
func post[In, Out any](name, kind, target, doc string, status int, errors ...chat.Code) Op[In, Out] {
	return describe[In, Out](Operation{
		Name: name, Method: http.MethodPost, Path: "/" + name, Status: status,
		Kind: kind, Target: target, Errors: errors, Doc: doc,
	})
}

// tags is a line of the table for the operations on /tags/{resourceArn}.
func tags[In, Out any](name, method, doc string) Op[In, Out] {
	return describe[In, Out](Operation{
		Name: name, Method: method, Path: "/tags/{resourceArn...}", Status: http.StatusOK,
		Target: "resourceArn", Errors: []chat.Code{is, nf, ve}, Doc: doc,
	})
}

// The table (behaviour.md §3.1).
var (
	CreateChatToken = post[CreateChatTokenInput, CreateChatTokenOutput]("CreateChatToken", chat.KindRoom, "roomIdentifier",
		"Mints an encrypted token that lets one client connect to a room, once and within a minute, as the given user.",
		http.StatusOK, ad, nf, pv, ve)

	CreateRoom = post[CreateRoomInput, RoomOutput]("CreateRoom", chat.KindRoom, "",
		"Makes a room that clients can connect to and pass messages in.",
		http.StatusOK, ce, ad, nf, sq, pv, ve)
	GetRoom = post[GetRoomInput, RoomOutput]("GetRoom", chat.KindRoom, "identifier",
		"Shows one room.",
		http.StatusOK, ad, nf, ve)
	UpdateRoom = post[UpdateRoomInput, RoomOutput]("UpdateRoom", chat.KindRoom, "identifier",
		"Changes the given members of a room and leaves the others as they are.",
		http.StatusOK, ad, nf, pv, ve)
	DeleteRoom = post[DeleteRoomInput, DeleteRoomOutput]("DeleteRoom", chat.KindRoom, "identifier",
		"Deletes a room. Clients that are connected stay so, but can do nothing any more.",
		http.StatusNoContent, ad, nf, pv, ve)
	ListRooms = post[ListRoomsInput, ListRoomsOutput]("ListRooms", chat.KindRoom, "",
		"Lists the rooms of the account and region, the last changed first.",
		http.StatusOK, ad, nf, ve)

	SendEvent = post[SendEventInput, SendEventOutput]("SendEvent", chat.KindRoom, "roomIdentifier",
		"Sends an event of the application's own to everybody in a room.",
		http.StatusOK, th, ad, nf, pv, ve)
	DeleteMessage = post[DeleteMessageInput, DeleteMessageOutput]("DeleteMessage", chat.KindRoom, "roomIdentifier",
		"Tells everybody in a room to drop a message from view.",
		http.StatusOK, th, ad, nf, pv, ve)
	DisconnectUser = post[DisconnectUserInput, DisconnectUserOutput]("DisconnectUser", chat.KindRoom, "roomIdentifier",
		"Closes every connection that a user has to a room.",
		http.StatusOK, th, ad, nf, pv, ve)

	CreateLoggingConfiguration = post[CreateLoggingConfigurationInput, CreateLoggingConfigurationOutput]("CreateLoggingConfiguration", chat.KindLogging, "",
		"Makes a logging configuration, which records the messages and events of the rooms it is attached to.",
		http.StatusOK, ce, ad, nf, sq, pv, ve)
	GetLoggingConfiguration = post[GetLoggingConfigurationInput, GetLoggingConfigurationOutput]("GetLoggingConfiguration", chat.KindLogging, "identifier",
		"Shows one logging configuration.",
		http.StatusOK, ad, nf, ve)
	UpdateLoggingConfiguration = post[UpdateLoggingConfigurationInput, UpdateLoggingConfigurationOutput]("UpdateLoggingConfiguration", chat.KindLogging, "identifier",
		"Changes the given members of a logging configuration and leaves the others as they are.",
		http.StatusOK, ce, ad, nf, pv, ve)
	DeleteLoggingConfiguration = post[DeleteLoggingConfigurationInput, DeleteLoggingConfigurationOutput]("DeleteLoggingConfiguration", chat.KindLogging, "identifier",
		"Deletes a logging configuration that is attached to no room.",
		http.StatusNoContent, ce, ad, nf, pv, ve)
	ListLoggingConfigurations = post[ListLoggingConfigurationsInput, ListLoggingConfigurationsOutput]("ListLoggingConfigurations", chat.KindLogging, "",
		"Lists the logging configurations of the account and region, the last changed first.",
		http.StatusOK, ad, ve)

	ListTagsForResource = tags[ListTagsForResourceInput, ListTagsForResourceOutput]("ListTagsForResource", http.MethodGet,
		"Shows the tags of a room or a logging configuration.")
	TagResource = tags[TagResourceInput, TagResourceOutput]("TagResource", http.MethodPost,
		"Adds tags to a room or a logging configuration, or changes them.")
	UntagResource = tags[UntagResourceInput, UntagResourceOutput]("UntagResource", http.MethodDelete,
		"Removes tags from a room or a logging configuration.")
)

// Operations returns the table, sorted by name.
func Operations() []*Operation {
	return []*Operation{
		CreateChatToken.Operation, CreateLoggingConfiguration.Operation, CreateRoom.Operation,
		DeleteLoggingConfiguration.Operation, DeleteMessage.Operation, DeleteRoom.Operation, DisconnectUser.Operation,
		GetLoggingConfiguration.Operation, GetRoom.Operation,
		ListLoggingConfigurations.Operation, ListRooms.Operation, ListTagsForResource.Operation,
		SendEvent.Operation, TagResource.Operation, UntagResource.Operation,
		UpdateLoggingConfiguration.Operation, UpdateRoom.Operation,
	}
}
