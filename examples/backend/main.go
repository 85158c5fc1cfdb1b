// Command backend is a small application server for a chat on Parlor or Amazon
// IVS Chat: it signs with its own key and hands chat tokens to browsers, by the
// HTTP interface of AWS's chat demo, so that AWS's web demo runs against it.
//
//	AWS_PROFILE=… AWS_REGION=us-west-2 go run ./examples/backend -endpoint http://127.0.0.1:8480
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:3000", "address to serve on")
	endpoint := flag.String("endpoint", "", "the control plane's URL (default: AWS_ENDPOINT_URL_IVSCHAT, or AWS itself)")
	flag.Parse()
	fmt.Fprintln(os.Stderr, "backend:", serve(context.Background(), *listen, *endpoint))
	os.Exit(1)
}

// serve takes key and region from the environment or the shared AWS files.
func serve(ctx context.Context, listen, endpoint string) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	chat := ivschat.NewFromConfig(cfg, func(o *ivschat.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	})
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "serving on http://"+l.Addr().String())
	return (&http.Server{Handler: handler(chat), ReadHeaderTimeout: 10 * time.Second}).Serve(l)
}

// handler routes as AWS's demo backend does, open to pages of any origin.
func handler(chat *ivschat.Client) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /auth", answer(chat, auth))
	mux.Handle("POST /event", answer(chat, event))
	mux.Handle("GET /list", answer(chat, list))
	mux.HandleFunc("OPTIONS /", func(http.ResponseWriter, *http.Request) {})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Headers", "*")
		w.Header().Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		mux.ServeHTTP(w, r)
	})
}

type input struct {
	ARN             string                      `json:"arn"`
	RoomIdentifier  string                      `json:"roomIdentifier"` // the mobile demos' name for arn
	UserID          string                      `json:"userId"`
	Attributes      map[string]string           `json:"attributes"`
	Capabilities    []types.ChatTokenCapability `json:"capabilities"`
	Minutes         int32                       `json:"durationInMinutes"`
	EventName       string                      `json:"eventName"`
	EventAttributes map[string]string           `json:"eventAttributes"`
}

// wrong is what is wrong with a request, answered with 400.
type wrong string

func (w wrong) Error() string { return string(w) }

// auth is where a real application would ask who is there and what they may do.
func auth(ctx context.Context, chat *ivschat.Client, in input) (any, error) {
	room := cmp.Or(in.ARN, in.RoomIdentifier)
	if room == "" || in.UserID == "" {
		return nil, wrong("Missing parameters: `arn or roomIdentifier`, `userId`")
	}
	out, err := chat.CreateChatToken(ctx, &ivschat.CreateChatTokenInput{
		RoomIdentifier: &room, UserId: &in.UserID, Attributes: in.Attributes,
		Capabilities: in.Capabilities, SessionDurationInMinutes: aws.Int32(cmp.Or(in.Minutes, 55)),
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"token": out.Token, "sessionExpirationTime": stamp(out.SessionExpirationTime), "tokenExpirationTime": stamp(out.TokenExpirationTime)}, nil
}

// event tells the whole room something that is not a message.
func event(ctx context.Context, chat *ivschat.Client, in input) (any, error) {
	if in.ARN == "" || in.EventName == "" {
		return nil, wrong("Missing parameters: `arn`, `eventName`")
	}
	_, err := chat.SendEvent(ctx, &ivschat.SendEventInput{RoomIdentifier: &in.ARN, EventName: &in.EventName, Attributes: in.EventAttributes})
	return map[string]string{"arn": in.ARN, "status": "success"}, err
}

// list answers with the first page of rooms.
func list(ctx context.Context, chat *ivschat.Client, _ input) (any, error) {
	out, err := chat.ListRooms(ctx, &ivschat.ListRoomsInput{})
	if err != nil {
		return nil, err
	}
	rooms := make([]map[string]any, 0, len(out.Rooms))
	for _, r := range out.Rooms {
		rooms = append(rooms, map[string]any{"arn": r.Arn, "id": r.Id, "name": r.Name, "createTime": stamp(r.CreateTime), "updateTime": stamp(r.UpdateTime), "tags": r.Tags})
	}
	return struct {
		Rooms     []map[string]any `json:"rooms"`
		NextToken *string          `json:"nextToken,omitempty"`
	}{rooms, out.NextToken}, nil
}

// answer writes what do gives as JSON; a refusal of the control plane as text, as AWS's demo does.
func answer(chat *ivschat.Client, do func(context.Context, *ivschat.Client, input) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, out := input{}, any(nil)
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&in)
		if err == nil || errors.Is(err, io.EOF) { // GET has no body
			out, err = do(r.Context(), chat, in)
		} else {
			err = wrong("the body is not the JSON this takes: " + err.Error())
		}
		status := http.StatusOK
		if _, asker := errors.AsType[wrong](err); asker {
			status, out = http.StatusBadRequest, map[string]string{"error": err.Error()}
		} else if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(out) // an asker gone is nobody to tell
	})
}

// stamp writes a time as the AWS SDK for JavaScript would; Android's demo wants its three digits.
func stamp(t *time.Time) string { return aws.ToTime(t).UTC().Format("2006-01-02T15:04:05.000Z") }
