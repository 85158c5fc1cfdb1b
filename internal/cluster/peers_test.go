package cluster

import (
	"slices"
	"testing"
)

func TestPeers(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		want []string
	}{
		{"own among them", Config{Join: []string{"b:1", "a:1", "c:1"}, Listen: "a:1"}, []string{"a:1", "b:1", "c:1"}},
		{"own missing", Config{Join: []string{"b:1", "c:1"}, Listen: "a:1"}, []string{"b:1", "c:1", "a:1"}},
		{"own by another name", Config{Join: []string{"a:1", "b:1", "c:1"}, Listen: ":1", Size: 3}, []string{"a:1", "b:1", "c:1"}},
		{"own missing, any interface", Config{Join: []string{"b:1", "c:1"}, Listen: "0.0.0.0:1", Size: 3}, []string{"b:1", "c:1", "127.0.0.1:1"}},
		{"twice", Config{Join: []string{"a:1", "b:1", "a:1"}, Listen: "a:1"}, []string{"a:1", "b:1"}},
	} {
		if got := c.cfg.peers(); !slices.Equal(got, c.want) {
			t.Errorf("%s: peers = %v, want %v", c.name, got, c.want)
		}
	}
}
