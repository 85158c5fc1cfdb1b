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

// makeDevRoom makes the demo room and returns its ARN.
func (s *server) makeDevRoom(ctx context.Context) (chat.ARN, error) {
	now := s.clock.Now()
	room := chat.Room{
		ARN:  chat.ARN{Region: DevRegion, Account: DevAccount, Kind: chat.KindRoom, ID: devRoom},
		Name: "demo", MaximumMessageRatePerSecond: chat.MaxMessageRate, MaximumMessageLength: chat.DefaultMessageLength,
		CreateTime: now, UpdateTime: now,
	}
	return room.ARN, s.node.Rooms().CreateRoom(ctx, room)
}
