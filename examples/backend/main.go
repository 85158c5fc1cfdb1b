// Command backend is a small application server for a chat on Parlor or on
// Amazon IVS Chat: it signs with its own credentials and hands chat tokens to
// browsers. It speaks the HTTP interface of AWS's chat demo backend, so that
// AWS's web demo runs against it with only its configuration changed.
//
//	AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… AWS_REGION=us-east-1 \
//	go run ./examples/backend -endpoint http://127.0.0.1:8480
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "backend:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. Credentials and region come from where every AWS
// program takes them: the environment or the shared configuration files.
func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("backend", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:3000", "address to serve on")
	endpoint := flags.String("endpoint", "", "control plane's URL (default: AWS_ENDPOINT_URL_IVSCHAT, or AWS)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	chat := ivschat.NewFromConfig(cfg, func(o *ivschat.Options) {
		if *endpoint != "" {
			o.BaseEndpoint = endpoint
		}
	})
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	log.InfoContext(ctx, "serving", "url", "http://"+l.Addr().String())
	srv := &http.Server{Handler: handler(chat, log), ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// handler routes as AWS's demo backend does, open to pages of any origin.
func handler(chat *ivschat.Client, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /auth", answer(log, func(ctx context.Context, in authInput) (any, error) { return auth(ctx, chat, in) }))
	mux.Handle("POST /event", answer(log, func(ctx context.Context, in eventInput) (any, error) { return event(ctx, chat, in) }))
	mux.Handle("GET /list", answer(log, func(ctx context.Context, _ struct{}) (any, error) { return list(ctx, chat) }))
	mux.HandleFunc("OPTIONS /", func(http.ResponseWriter, *http.Request) {})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
		w.Header().Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		mux.ServeHTTP(w, r)
	})
}

type authInput struct {
	ARN            string                      `json:"arn"`
	RoomIdentifier string                      `json:"roomIdentifier"` // what the mobile demos call it
	UserID         string                      `json:"userId"`
	Attributes     map[string]string           `json:"attributes"`
	Capabilities   []types.ChatTokenCapability `json:"capabilities"`
	Minutes        int32                       `json:"durationInMinutes"`
}

// auth is where a real application would ask who is there and what they may do.
func auth(ctx context.Context, chat *ivschat.Client, in authInput) (any, error) {
	if in.ARN == "" {
		in.ARN = in.RoomIdentifier
	}
	if in.ARN == "" || in.UserID == "" {
		return nil, missing("Missing parameters: `arn or roomIdentifier`, `userId`")
	}
	if in.Minutes == 0 {
		in.Minutes = 55
	}
	out, err := chat.CreateChatToken(ctx, &ivschat.CreateChatTokenInput{
		RoomIdentifier: &in.ARN, UserId: &in.UserID, Attributes: in.Attributes,
		Capabilities: in.Capabilities, SessionDurationInMinutes: aws.Int32(in.Minutes),
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"token":                 out.Token,
		"sessionExpirationTime": stamp(out.SessionExpirationTime),
		"tokenExpirationTime":   stamp(out.TokenExpirationTime),
	}, nil
}

type eventInput struct {
	ARN        string            `json:"arn"`
	Name       string            `json:"eventName"`
	Attributes map[string]string `json:"eventAttributes"`
}

// event tells the whole room something that is not a message.
func event(ctx context.Context, chat *ivschat.Client, in eventInput) (any, error) {
	if in.ARN == "" || in.Name == "" {
		return nil, missing("Missing parameters: `arn`, `eventName`")
	}
	_, err := chat.SendEvent(ctx, &ivschat.SendEventInput{RoomIdentifier: &in.ARN, EventName: &in.Name, Attributes: in.Attributes})
	if err != nil {
		return nil, err
	}
	return map[string]string{"arn": in.ARN, "status": "success"}, nil
}

// list shows the first page of rooms.
func list(ctx context.Context, chat *ivschat.Client) (any, error) {
	out, err := chat.ListRooms(ctx, &ivschat.ListRoomsInput{})
	if err != nil {
		return nil, err
	}
	rooms := make([]map[string]any, 0, len(out.Rooms))
	for _, r := range out.Rooms {
		rooms = append(rooms, map[string]any{"arn": r.Arn, "id": r.Id, "name": r.Name, "createTime": stamp(r.CreateTime), "updateTime": stamp(r.UpdateTime)})
	}
	answer := map[string]any{"rooms": rooms}
	if out.NextToken != nil {
		answer["nextToken"] = out.NextToken
	}
	return answer, nil
}

// missing is an error of the asker's own, answered with 400.
type missing string

func (m missing) Error() string { return string(m) }

// answer reads In, does what it asks, and writes the answer as JSON.
func answer[In any](log *slog.Logger, do func(context.Context, In) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var (
			in  In
			out any
		)
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&in)
		if err == nil || errors.Is(err, io.EOF) { // GET has no body
			out, err = do(r.Context(), in)
		} else {
			err = missing("the body is not the JSON this takes: " + err.Error())
		}
		if m, ok := errors.AsType[missing](err); ok {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": string(m)})
			return
		}
		if err != nil {
			log.ErrorContext(r.Context(), "asking the control plane", "path", r.URL.Path, "err", err)
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out)
	})
}

// stamp writes a time as the AWS SDK for JavaScript would in JSON: Android's
// demo parses exactly three digits of a second.
func stamp(t *time.Time) string { return aws.ToTime(t).UTC().Format("2006-01-02T15:04:05.000Z") }
