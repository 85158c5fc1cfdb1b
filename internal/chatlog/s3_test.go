package chatlog

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"parlor/internal/cloud"
	"parlor/internal/metric"
)

// An S3 server that nobody here wrote, and what is done to requests on their way.
type foreignS3 struct {
	backend *s3mem.Backend
	server  *httptest.Server
	puts    atomic.Int64
	wrong   atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool] // answers itself if it returns true
}

func startS3(t *testing.T) (*foreignS3, cloud.Account) {
	t.Helper()
	f := &foreignS3{backend: s3mem.New()}
	next := gofakes3.New(f.backend).Server()
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wrong := f.wrong.Load(); wrong != nil && (*wrong)(w, r) {
			return
		}
		if r.Method == http.MethodPut {
			f.puts.Add(1)
		}
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(f.server.Close)
	return f, cloud.Account{Endpoint: f.server.URL, AccessKeyID: "AK", SecretAccessKey: "SK"}
}

func (f *foreignS3) goWrong(how func(w http.ResponseWriter, r *http.Request) bool) {
	if how == nil {
		f.wrong.Store(nil)
		return
	}
	f.wrong.Store(&how)
}

// objects returns the lines of all objects by key.
func (f *foreignS3) objects(t *testing.T, bucket string) map[string][]string {
	t.Helper()
	list, err := f.backend.ListBucket(bucket, nil, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][]string)
	for _, c := range list.Contents {
		o, err := f.backend.GetObject(bucket, c.Key, nil)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(o.Contents)
		if err != nil {
			t.Fatal(err)
		}
		out[c.Key] = unzip(t, data)
	}
	return out
}

// Files in S3 are those of a directory, name by name (checklist 52).
func TestS3(t *testing.T) {
	f, account := startS3(t)
	if err := f.backend.CreateBucket("logs"); err != nil {
		t.Fatal(err)
	}
	b := start(t, Config{S3: account, FileInterval: 30 * time.Millisecond, FileBytes: 10_000}, toBucket("logs"))
	dir := t.TempDir()
	twin := start(t, Config{Directories: map[string]string{"logs": dir}, FileInterval: 30 * time.Millisecond, FileBytes: 10_000}, toBucket("logs"))
	at := time.Date(2022, 10, 14, 17, 40, 3, 5, time.UTC)
	for i := range 300 {
		at := at.Add(time.Duration(i) * time.Second)
		for _, l := range []*bench{b, twin} {
			l.Record(loggedRoom(toBucket("logs")), message(fmt.Sprintf("%012d", i), "hello", at), at)
		}
	}
	b.stop()
	twin.stop()
	objects := f.objects(t, "logs")
	if ids := idsOf(t, slices.Concat(slices.Collect(values(objects))...)); len(ids) != 300 {
		t.Errorf("%d of 300 records in S3", len(ids))
	}
	for key := range objects {
		if _, ok := ParseKey(key); !ok {
			t.Errorf("object %s", key)
		}
	}
	inDir := slices.Concat(slices.Collect(values(lines(t, dir)))...)
	if !maps.Equal(idsOf(t, inDir), idsOf(t, slices.Concat(slices.Collect(values(objects))...))) {
		t.Error("a directory holds other records than S3")
	}
}

// A bucket that is missing, refuses or fails is retried until it takes the records;
// each failure counts in its metric (behaviour.md §7; checklist 55).
func TestS3Troubles(t *testing.T) {
	f, account := startS3(t)
	b := start(t, Config{S3: account, FileInterval: 20 * time.Millisecond}, toBucket("logs"))
	now := time.Now()
	say := func(id string) { b.Record(loggedRoom(toBucket("logs")), message(id, "x", now), now) }
	label := `{logging_configuration="` + logsARN.String() + `"} `

	say("AAAAAAAAAAAA")
	until(t, "no bucket", func() bool {
		return strings.Contains(b.scrape(t), metric.LogDestinationResourceNotFoundErrors+label)
	})
	if err := f.backend.CreateBucket("logs"); err != nil {
		t.Fatal(err)
	}
	until(t, "the bucket", func() bool { return b.stream.left() == 0 })

	f.goWrong(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>`)
		return true
	})
	say("BBBBBBBBBBBB")
	until(t, "refusal", func() bool {
		return strings.Contains(b.scrape(t), metric.LogDestinationAccessDeniedError+label)
	})
	f.goWrong(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	say("CCCCCCCCCCCC")
	f.goWrong(nil)
	until(t, "recovery", func() bool { return b.stream.left() == 0 })
	if ids := idsOf(t, slices.Concat(slices.Collect(values(f.objects(t, "logs")))...)); len(ids) != 3 {
		t.Errorf("recorded %v", ids)
	}
}

// onePile is a pile of one record, and the sink of a bucket that takes it.
func onePile(t *testing.T, f *foreignS3, account cloud.Account) (put func() error) {
	t.Helper()
	if err := f.backend.CreateBucket("logs"); err != nil {
		t.Fatal(err)
	}
	sink := newDestinations(Config{S3: account}.withDefaults(), nil, nil).openBucket(roomARN.Scope(), "logs")
	now := time.Date(2022, 10, 14, 17, 40, 3, 5, time.UTC)
	p := &pile{key: pileKey{room: roomARN.ID}}
	p.add(record{room: roomARN.ID, at: now.UnixNano(), line: appendRecord(nil, message("A", "x", now), now)}, 1)
	return func() error {
		left, err := sink.put(context.WithoutCancel(t.Context()), p)
		if (err != nil) != (len(left) > 0) {
			t.Errorf("%d records left, %v", len(left), err)
		}
		return err
	}
}

// A put whose answer was lost is made again, and writes the same object, also where
// objects may be put and not looked at. A name that other content has is not taken.
func TestS3SecondPutIsTheSameObject(t *testing.T) {
	f, account := startS3(t)
	put := onePile(t, f, account)
	for range 3 {
		if err := put(); err != nil {
			t.Fatal(err)
		}
	}
	for _, head := range []int{http.StatusServiceUnavailable, http.StatusForbidden} {
		f.goWrong(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodHead {
				w.WriteHeader(head)
			}
			return r.Method == http.MethodHead
		})
		if err := put(); (err != nil) != (head == http.StatusServiceUnavailable) {
			t.Errorf("HEAD answers %d: %v", head, err)
		}
	}
	f.goWrong(nil)
	objects := slices.Collect(maps.Keys(f.objects(t, "logs")))
	if len(objects) != 1 {
		t.Fatalf("objects %v", objects)
	}
	if _, err := f.backend.DeleteObject("logs", objects[0]); err != nil {
		t.Fatal(err)
	}
	other := []byte("other content")
	if _, err := f.backend.PutObject("logs", objects[0], map[string]string{}, bytes.NewReader(other), int64(len(other)), nil); err != nil {
		t.Fatal(err)
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	list, err := f.backend.ListBucket("logs", nil, gofakes3.ListBucketPage{})
	if err != nil || len(list.Contents) != 2 {
		t.Errorf("%d objects, %v, want the other content and ours", len(list.Contents), err)
	}
}

// Servers that know no ACLs or no conditions get objects without.
func TestS3OfFewerWords(t *testing.T) {
	for _, unknown := range [][]string{{"X-Amz-Acl"}, {"If-None-Match"}, {"X-Amz-Acl", "If-None-Match"}} {
		f, account := startS3(t)
		put := onePile(t, f, account)
		f.goWrong(func(w http.ResponseWriter, r *http.Request) bool {
			i := slices.IndexFunc(unknown, func(name string) bool { return r.Header.Get(name) != "" })
			if i >= 0 {
				w.WriteHeader(http.StatusNotImplemented)
				fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>NotImplemented</Code><Message>%s</Message></Error>`, unknown[i])
			}
			return i >= 0
		})
		if err := put(); err != nil || len(f.objects(t, "logs")) != 1 {
			t.Errorf("without %v: %v, objects %v", unknown, err, f.objects(t, "logs"))
		}
	}
}
