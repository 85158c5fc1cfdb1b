package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
)

// A deed is one operation on a room: rename it, read it past every copy (an update that
// changes nothing goes the way of all updates), or delete it.
type deed struct {
	room string
	kind string // "rename", "read", "delete"
	name string
}

// An outcome is what came of it. Unknown: it may have happened, or may happen later.
type outcome struct {
	unknown bool
	missing bool
	name    string
}

// roomModel says what one room may do: it has a name until it is deleted for good.
func roomModel() porcupine.Model {
	const deleted = "\x00"
	m := porcupine.NondeterministicModel{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			byRoom := make(map[string][]porcupine.Operation)
			for _, op := range history {
				room := op.Input.(deed).room
				byRoom[room] = append(byRoom[room], op)
			}
			var out [][]porcupine.Operation
			for _, ops := range byRoom {
				out = append(out, ops)
			}
			return out
		},
		Init: func() []any { return []any{"start"} },
		Step: func(state, input, output any) []any {
			d, o, name := input.(deed), output.(outcome), state.(string)
			after := name
			switch {
			case name == deleted:
			case d.kind == "rename":
				after = d.name
			case d.kind == "delete":
				after = deleted
			}
			switch {
			case o.unknown && after != name:
				return []any{name, after}
			case o.unknown:
				return []any{name}
			case o.missing != (name == deleted):
				return nil
			case !o.missing && d.kind != "delete" && o.name != after:
				return nil
			}
			return []any{after}
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v → %+v", in, out) },
	}
	return m.ToModel()
}

// Room operations on three nodes, with kills, look as if they had happened one at a time.
func TestRoomsAreLinearizable(t *testing.T) {
	f := form(t, 3)
	var rooms []string
	for range 6 {
		rooms = append(rooms, f.nodes[0].room("start"))
	}
	for _, room := range rooms {
		f.everywhere(room, f.nodes...)
	}
	var mu sync.Mutex
	var history []porcupine.Operation
	begun := time.Now()
	stop := make(chan struct{})
	var all sync.WaitGroup
	for client := range 6 {
		all.Go(func() {
			n := f.nodes[client%3]
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				d := deed{room: rooms[rand.IntN(len(rooms))], kind: "rename", name: fmt.Sprintf("c%d-%d", client, i)}
				switch r := rand.IntN(100); {
				case r < 40:
					d.kind, d.name = "read", ""
				case r < 41:
					d.kind, d.name = "delete", ""
				}
				call := time.Since(begun)
				o, ok := n.do(d)
				ret := time.Since(begun)
				if !ok { // the node was dead: nothing happened
					pause(t, 50*time.Millisecond)
					continue
				}
				if o.unknown {
					ret = time.Hour
				}
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: client, Input: d, Call: int64(call), Output: o, Return: int64(ret)})
				mu.Unlock()
				pause(t, time.Duration(rand.IntN(30))*time.Millisecond)
			}
		})
	}
	for round := range 3 {
		pause(t, 2*time.Second)
		f.nodes[round].kill()
		pause(t, time.Second)
		f.nodes[round].start()
		eventually(t, time.Minute, "the node is ready again", func() bool { return f.nodes[round].ready() == nil })
	}
	pause(t, 2*time.Second)
	close(stop)
	all.Wait()
	unknown := 0
	for i := range history {
		if history[i].Output.(outcome).unknown {
			unknown++
			history[i].ClientId = 1000 + i // it may be under way while its client goes on
		}
	}
	result := porcupine.CheckOperationsTimeout(roomModel(), history, 3*time.Minute)
	t.Logf("%d operations, %d of unknown outcome: %s", len(history), unknown, result)
	if result != porcupine.Ok {
		t.Errorf("the history is not linearizable, as far as could be found out: %s", result)
	}
	if len(history) < 300 {
		t.Errorf("only %d operations: this proves little", len(history))
	}
}

// do does d at the node, without retries. ok is false if it surely did not happen.
func (n *node) do(d deed) (o outcome, ok bool) {
	ctx, cancel := context.WithTimeout(n.t.Context(), 20*time.Second)
	defer cancel()
	var err error
	c := n.control(1)
	if d.kind == "delete" {
		_, err = c.DeleteRoom(ctx, &ivschat.DeleteRoomInput{Identifier: &d.room})
	} else {
		in := &ivschat.UpdateRoomInput{Identifier: &d.room}
		if d.kind == "rename" {
			in.Name = &d.name
		}
		var out *ivschat.UpdateRoomOutput
		if out, err = c.UpdateRoom(ctx, in); err == nil {
			o.name = aws.ToString(out.Name)
		}
	}
	var refused *net.OpError
	var resp *awshttp.ResponseError
	switch {
	case err == nil:
		return o, true
	case errors.As(err, &resp) && resp.HTTPStatusCode() == 404:
		return outcome{missing: true}, true
	case errors.As(err, &refused) && refused.Op == "dial", errors.Is(err, syscall.ECONNREFUSED):
		return outcome{}, false
	}
	return outcome{unknown: true}, true
}
