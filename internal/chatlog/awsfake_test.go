package chatlog

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/firehose"

	"parlor/chat"
	"parlor/internal/cloud"
)

// A strict fake of CloudWatch Logs and Firehose. It reads requests into the SDK's own
// types, and refuses whatever breaks a documented limit of the services.
type fakeAWS struct {
	t      *testing.T
	now    func() time.Time
	answer func(target string) (code string, status int) // a fault instead of an answer; "" is none

	mu       sync.Mutex // guards the following
	groups   map[string]map[string][]string
	streams  map[string][]string
	failEach int // of Firehose's records, each so many fails
	seen     int
	calls    map[string]int
	broken   []string // limits that were broken
}

func startAWS(t *testing.T) (*fakeAWS, cloud.Account) {
	t.Helper()
	f := &fakeAWS{
		t: t, now: time.Now, groups: make(map[string]map[string][]string), streams: make(map[string][]string), calls: make(map[string]int),
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, cloud.Account{Endpoint: server.URL, AccessKeyID: "AK", SecretAccessKey: "SK"}
}

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	service, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[op]++
	if f.answer != nil {
		if code, status := f.answer(op); code != "" {
			fault(w, code, status)
			return
		}
	}
	scope := map[string]string{"Logs_20140328": "logs", "Firehose_20150804": "firehose"}[service]
	if !regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=AK/\d{8}/us-west-2/` + scope + `/aws4_request, `).MatchString(r.Header.Get("Authorization")) {
		f.refuse(w, "signed for another service or region: "+r.Header.Get("Authorization"))
		return
	}
	switch op {
	case "CreateLogStream":
		f.createLogStream(w, body)
	case "PutLogEvents":
		f.putLogEvents(w, body)
	case "PutRecordBatch":
		f.putRecordBatch(w, body, len(body))
	default:
		f.refuse(w, "unknown operation "+op+" "+r.Header.Get("Content-Type"))
	}
}

func fault(w http.ResponseWriter, code string, status int) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":%q,"message":"no"}`, code)
}

// refuse is for requests that no client may make.
func (f *fakeAWS) refuse(w http.ResponseWriter, why string) {
	f.broken = append(f.broken, why)
	fault(w, "InvalidParameterException", http.StatusBadRequest)
}

func (f *fakeAWS) createLogStream(w http.ResponseWriter, body []byte) {
	var in cloudwatchlogs.CreateLogStreamInput
	if err := json.Unmarshal(body, &in); err != nil || strings.ContainsAny(aws.ToString(in.LogStreamName), ":*") {
		f.refuse(w, fmt.Sprint("CreateLogStream ", err))
		return
	}
	group := f.groups[aws.ToString(in.LogGroupName)]
	if group == nil {
		fault(w, "ResourceNotFoundException", http.StatusBadRequest)
		return
	}
	if _, ok := group[*in.LogStreamName]; ok {
		fault(w, "ResourceAlreadyExistsException", http.StatusBadRequest)
		return
	}
	group[*in.LogStreamName] = []string{}
	io.WriteString(w, `{}`)
}

func (f *fakeAWS) putLogEvents(w http.ResponseWriter, body []byte) {
	var in cloudwatchlogs.PutLogEventsInput
	if err := json.Unmarshal(body, &in); err != nil {
		f.refuse(w, "PutLogEvents "+err.Error())
		return
	}
	stream, ok := f.groups[aws.ToString(in.LogGroupName)][aws.ToString(in.LogStreamName)]
	if !ok {
		fault(w, "ResourceNotFoundException", http.StatusBadRequest)
		return
	}
	if why := f.brokenLimit(&in); why != "" {
		f.refuse(w, why)
		return
	}
	old, new := 0, len(in.LogEvents) // what is older than 14 days or more than 2 hours ahead is rejected
	for i, e := range in.LogEvents {
		switch age := f.now().Sub(time.UnixMilli(*e.Timestamp)); {
		case age > 14*24*time.Hour:
			old++
		case age < -2*time.Hour:
			new = min(new, i)
		default:
			stream = append(stream, *e.Message)
		}
	}
	f.groups[*in.LogGroupName][*in.LogStreamName] = stream
	info := map[string]int{}
	if old > 0 {
		info["tooOldLogEventEndIndex"] = old
	}
	if new < len(in.LogEvents) {
		info["tooNewLogEventStartIndex"] = new
	}
	out := map[string]any{}
	if len(info) > 0 {
		out["rejectedLogEventsInfo"] = info
	}
	_ = json.NewEncoder(w).Encode(out)
}

// brokenLimit names the limit of PutLogEvents that in breaks.
func (f *fakeAWS) brokenLimit(in *cloudwatchlogs.PutLogEventsInput) string {
	if n := len(in.LogEvents); n < 1 || n > 10_000 {
		return fmt.Sprint(n, " events")
	}
	size, first, last := 0, *in.LogEvents[0].Timestamp, int64(0)
	for _, e := range in.LogEvents {
		if len(*e.Message) < 1 || len(*e.Message) > 1<<20 {
			return "an event's size"
		}
		size += len(*e.Message) + 26
		if *e.Timestamp < last {
			return "order"
		}
		last = *e.Timestamp
	}
	if size > 1_048_576 {
		return fmt.Sprint(size, " bytes")
	}
	if last-first > (24 * time.Hour).Milliseconds() {
		return "span"
	}
	return ""
}

func (f *fakeAWS) putRecordBatch(w http.ResponseWriter, body []byte, size int) {
	var in firehose.PutRecordBatchInput
	if err := json.Unmarshal(body, &in); err != nil {
		f.refuse(w, "PutRecordBatch "+err.Error())
		return
	}
	stream, ok := f.streams[aws.ToString(in.DeliveryStreamName)]
	if !ok {
		fault(w, "ResourceNotFoundException", http.StatusBadRequest)
		return
	}
	total, failed := 0, 0
	answers := make([]string, 0, len(in.Records))
	for _, r := range in.Records {
		total += len(r.Data)
		if len(r.Data) == 0 || len(r.Data) > 1000<<10 || r.Data[len(r.Data)-1] != '\n' {
			f.refuse(w, "a record's size or end")
			return
		}
		f.seen++
		if f.failEach > 0 && f.seen%f.failEach == 0 {
			failed++
			answers = append(answers, `{"ErrorCode":"ServiceUnavailableException","ErrorMessage":"slow down"}`)
			continue
		}
		stream = append(stream, strings.TrimSuffix(string(r.Data), "\n"))
		answers = append(answers, fmt.Sprintf(`{"RecordId":"%d"}`, f.seen))
	}
	if len(in.Records) < 1 || len(in.Records) > 500 || total > 4<<20 {
		f.refuse(w, fmt.Sprint(len(in.Records), " records of ", total, " bytes in ", size))
		return
	}
	f.streams[*in.DeliveryStreamName] = stream
	fmt.Fprintf(w, `{"FailedPutCount":%d,"RequestResponses":[%s]}`, failed, strings.Join(answers, ","))
}

// do changes the fake, or looks at it, while nobody else does.
func (f *fakeAWS) do(g func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g()
}

func toGroup(name string) chat.LoggingConfiguration {
	c := toBucket("")
	c.ARN.ID = "CCCCCCCCCCCC"
	c.Destination = chat.Destination{CloudWatchLogs: &chat.CloudWatchLogsDestination{LogGroupName: name}}
	return c
}

func toStream(name string) chat.LoggingConfiguration {
	c := toBucket("")
	c.ARN.ID = "FFFFFFFFFFFF"
	c.Destination = chat.Destination{Firehose: &chat.FirehoseDestination{DeliveryStreamName: name}}
	return c
}
