package cluster

import (
	"os"
	"slices"
	"testing"
)

func TestPeers(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		join   []string
		listen string
		want   []string
	}{
		{"own among them", []string{"b:1", "a:1", "c:1"}, "a:1", []string{"a:1", "b:1", "c:1"}},
		{"own missing", []string{"203.0.113.2:1", "203.0.113.3:1"}, "203.0.113.1:1", []string{"203.0.113.2:1", "203.0.113.3:1", "203.0.113.1:1"}},
		{"own by another name", []string{"localhost:1", "203.0.113.2:1"}, "127.0.0.1:1", []string{"203.0.113.2:1", "localhost:1"}},
		{"own by another name, any interface", []string{"localhost:1", "203.0.113.2:1"}, ":1", []string{"203.0.113.2:1", "localhost:1"}},
		{"own by address, any interface", []string{"127.0.0.1:1", "203.0.113.2:1"}, "0.0.0.0:1", []string{"127.0.0.1:1", "203.0.113.2:1"}},
		{"own before its name is known", []string{host + ".invalid:1", "203.0.113.2:1"}, "[::]:1", []string{"203.0.113.2:1", host + ".invalid:1"}},
		{"a neighbour", []string{"localhost:2", "203.0.113.2:1"}, "127.0.0.1:1", []string{"203.0.113.2:1", "localhost:2", "127.0.0.1:1"}},
		{"own missing, any interface", []string{"203.0.113.2:1", "203.0.113.3:1"}, "0.0.0.0:1", []string{"203.0.113.2:1", "203.0.113.3:1", "127.0.0.1:1"}},
		{"twice", []string{"a:1", "b:1", "a:1"}, "a:1", []string{"a:1", "b:1"}},
	} {
		cfg := Config{Join: c.join, Listen: c.listen}
		got := cfg.peers(func(addr string) bool { return cfg.own(t.Context(), addr) })
		if slices.Sort(c.want); !slices.Equal(slices.Sorted(slices.Values(got)), c.want) {
			t.Errorf("%s: peers = %v, want %v", c.name, got, c.want)
		}
	}
}
