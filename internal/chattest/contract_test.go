package chattest_test

import (
	"testing"

	"parlor/internal/chattest"
	"parlor/internal/cluster"
)

func TestRooms(t *testing.T) { chattest.RoomStoreContract(t, &chattest.Rooms{}) }

func TestLoggingConfigurations(t *testing.T) {
	chattest.LoggingStoreContract(t, &chattest.LoggingConfigurations{})
}

// The cluster's records keep the same contract as the fakes above.
func TestCluster(t *testing.T) {
	n, err := cluster.Open(t.Context(), cluster.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	t.Run("rooms", func(t *testing.T) { chattest.RoomStoreContract(t, n.Rooms()) })
	t.Run("logging configurations", func(t *testing.T) { chattest.LoggingStoreContract(t, n.LoggingConfigurations()) })
}
