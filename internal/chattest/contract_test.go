package chattest_test

import (
	"testing"

	"parlor/internal/chattest"
)

func TestRooms(t *testing.T) { chattest.RoomStoreContract(t, &chattest.Rooms{}) }

func TestLoggingConfigurations(t *testing.T) {
	chattest.LoggingStoreContract(t, &chattest.LoggingConfigurations{})
}
