package server

import (
	"context"

	"parlor/chat"
	"parlor/internal/iam"
)

// What everybody knows of a development server.
const (
	DevAccount   = "000000000000"
	DevAccessKey = "PARLORDEVACCESSKEY"
	DevSecretKey = "parlor-dev-secret" //nolint:gosec // well known on purpose; config keeps it on loopback
	DevRegion    = "us-west-2"
	devRoom      = "parlorDemo01"
	devUser      = "dev"
)

// devUsers adds the one user of a development server, who may do everything.
func devUsers(file *iam.File, key iam.Key) error {
	return file.AddUser(iam.User{Account: DevAccount, Name: devUser, Policies: []string{iam.AdministratorAccess}}, key)
}

// devRoomARN names the demo room.
func devRoomARN() chat.ARN {
	return chat.ARN{Region: DevRegion, Account: DevAccount, Kind: chat.KindRoom, ID: devRoom}
}

// makeDevRoom makes the demo room.
func (s *server) makeDevRoom(ctx context.Context) error {
	now := s.clock.Now()
	return s.node.Rooms().CreateRoom(ctx, chat.Room{
		ARN: devRoomARN(), Name: "demo",
		MaximumMessageRatePerSecond: chat.MaxMessageRate, MaximumMessageLength: chat.DefaultMessageLength,
		CreateTime: now, UpdateTime: now,
	})
}
