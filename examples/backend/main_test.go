package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
)

// plane answers like a control plane and remembers what it was asked.
func plane(t *testing.T, asked *string) *ivschat.Client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked = r.URL.Path + " " + string(body)
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/CreateChatToken":
			_, _ = io.WriteString(w, `{"token":"a.b","sessionExpirationTime":"2026-01-02T03:04:05.123456789Z","tokenExpirationTime":"2026-01-02T03:04:05Z"}`)
		case "/ListRooms":
			_, _ = io.WriteString(w, `{"rooms":[{"arn":"arn:r","id":"r","name":"n","tags":{"a":"b"},"createTime":"2026-01-02T03:04:05Z","updateTime":"2026-01-02T03:04:05Z"}],"nextToken":"more"}`)
		default:
			w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"message":"no such room"}`)
		}
	}))
	t.Cleanup(srv.Close)
	return ivschat.New(ivschat.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(srv.URL),
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})
}

func TestHandler(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		status                   int
		reply, asked             string
	}{
		{
			"auth", "POST", "/auth", `{"arn":"arn:r","userId":"u","attributes":{"username":"ann"},"capabilities":["SEND_MESSAGE"]}`, 200,
			`{"sessionExpirationTime":"2026-01-02T03:04:05.123Z","token":"a.b","tokenExpirationTime":"2026-01-02T03:04:05.000Z"}`,
			`/CreateChatToken {"attributes":{"username":"ann"},"capabilities":["SEND_MESSAGE"],"roomIdentifier":"arn:r","sessionDurationInMinutes":55,"userId":"u"}`,
		},
		{"auth without room", "POST", "/auth", `{"userId":"u"}`, 400, "{\"error\":\"Missing parameters: `arn or roomIdentifier`, `userId`\"}", ""},
		{"auth without JSON", "POST", "/auth", `[`, 400, `{"error":"the body is not the JSON this takes: unexpected EOF"}`, ""},
		{"event refused", "POST", "/event", `{"arn":"arn:r","eventName":"e","eventAttributes":{"a":"b"}}`, 500, "", `/SendEvent {"attributes":{"a":"b"},"eventName":"e","roomIdentifier":"arn:r"}`},
		{"event without name", "POST", "/event", `{"arn":"arn:r"}`, 400, "{\"error\":\"Missing parameters: `arn`, `eventName`\"}", ""},
		{"list", "GET", "/list", ``, 200, `{"rooms":[{"arn":"arn:r","createTime":"2026-01-02T03:04:05.000Z","id":"r","name":"n","tags":{"a":"b"},"updateTime":"2026-01-02T03:04:05.000Z"}],"nextToken":"more"}`, `/ListRooms {}`},
		{"preflight", "OPTIONS", "/event", ``, 200, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var asked string
			h := handler(plane(t, &asked))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body)))
			got := strings.TrimSuffix(w.Body.String(), "\n")
			if w.Code != tt.status || (tt.reply != "" && got != tt.reply) {
				t.Errorf("%s %s = %d %s, want %d %s", tt.method, tt.path, w.Code, got, tt.status, tt.reply)
			}
			if asked != tt.asked {
				t.Errorf("asked %q, want %q", asked, tt.asked)
			}
			if got := w.Header().Get("Access-Control-Allow-Origin"); got != "*" {
				t.Errorf("Access-Control-Allow-Origin = %q, want *", got)
			}
		})
	}
}
