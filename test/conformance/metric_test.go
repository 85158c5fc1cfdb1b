package conformance

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
)

var sample = regexp.MustCompile(`(?m)^(ivschat_[a-z_]+(?:\{[^}]*\})?) ([0-9.e+]+)$`)

// metrics reads those of the server that AWS has too, by name and labels.
func (s *server) metrics() (map[string]float64, error) {
	resp, err := http.Get(s.admin + "/metrics")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	all := map[string]float64{}
	for _, m := range sample.FindAllStringSubmatch(string(text), -1) {
		v, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return nil, err
		}
		all[m[1]] = v
	}
	return all, nil
}

// deserted reports whether the server still counts connections when everybody
// has left: then one has leaked.
func (s *server) deserted() error {
	const connections = "ivschat_concurrent_chat_connections"
	var left float64
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		all, err := s.metrics()
		if err != nil {
			return err
		}
		n, ok := all[connections]
		if !ok {
			return errors.New("the server has no metric " + connections)
		}
		if left = n; n == 0 {
			return nil
		}
	}
	return fmt.Errorf("all tests are over and the server still counts %v connections", left)
}

// The metrics of the real service, under Prometheus's kind of names
// (behaviour.md §7).
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := start(t, "--dev", "--listen", "127.0.0.1:0")
	room := s.room(t, nil)
	k, viewer := s.join(t, room, "u", send, remove, disconnect), s.join(t, room, "viewer")
	k.message(t, "one", "1")
	k.message(t, "two", "2")
	k.message(t, strings.Repeat("x", 501), "refused")
	k.say(t, `{"Action":"DELETE_MESSAGE","Id":"M2YcHkgffEvU"}`)
	k.say(t, `{"Action":"DISCONNECT_USER","UserId":"nobody"}`)
	for range 5 {
		k.next(t)
	}
	if _, err := s.sdk(region).SendEvent(within(t), &ivschat.SendEventInput{RoomIdentifier: &room, EventName: aws.String("e")}); err != nil {
		t.Fatal(err)
	}
	k.expect(t, "EVENT", "")
	for range 5 {
		viewer.next(t)
	}
	want := map[string]float64{
		`ivschat_concurrent_chat_connections`:               2,
		`ivschat_messaging_requests_total`:                  6,
		`ivschat_requests_total{action="SendMessage"}`:      3,
		`ivschat_requests_total{action="DeleteMessage"}`:    1,
		`ivschat_requests_total{action="DisconnectUser"}`:   1,
		`ivschat_requests_total{action="SendEvent"}`:        1,
		`ivschat_messaging_deliveries_total`:                10,
		`ivschat_deliveries_total{action="SendMessage"}`:    4,
		`ivschat_deliveries_total{action="DeleteMessage"}`:  2,
		`ivschat_deliveries_total{action="DisconnectUser"}`: 2,
		`ivschat_deliveries_total{action="SendEvent"}`:      2,
	}
	// What is delivered is counted when it is written.
	var wrong []string
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		got, err := s.metrics()
		if err != nil {
			t.Fatal(err)
		}
		wrong = nil
		for name, v := range want {
			if got[name] != v {
				wrong = append(wrong, fmt.Sprintf("%s is %v, want %v", name, got[name], v))
			}
		}
		if wrong == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(strings.Join(wrong, "\n"))
		}
	}
}
