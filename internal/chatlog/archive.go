package chatlog

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/klauspost/compress/gzip"
)

// An Archive is what was recorded in one bucket or directory.
type Archive struct {
	list func(ctx context.Context, prefix, after string) iter.Seq2[string, error] // in order
	get  func(ctx context.Context, key string) (io.ReadCloser, error)
	read map[string]*hourRead // by group
}

// An hourRead is what was read of a room's hour.
type hourRead struct {
	files map[string]bool
	seen  map[string]bool // ids of the records in files; nil when forgotten
	end   time.Time
}

// seenFor is how long after its end the records of an hour are remembered, and not only
// its files. If there is a file of it after that, the others are read again.
const seenFor = 15 * time.Minute

// A Query says which records of an archive are wanted. Its zero value wants all.
type Query struct {
	Account, Region, Room string // empty: any
	Type                  string // TypeMessage or TypeEvent; empty: both
	From, To              time.Time
}

// A Line is one record of an archive.
type Line struct {
	At      time.Time       `json:"event_timestamp"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
	Room    string          `json:"-"` // the room's id, from the file's name
	Raw     []byte          `json:"-"` // the record as it was written

	entity entity
}

// An entity is what orders records and tells them apart.
type entity struct {
	ID       string
	SendTime time.Time
}

// maxLine bounds one record: 500 code points and attributes, all escaped, are far less.
const maxLine = 1 << 20

func newArchive() *Archive {
	return &Archive{read: make(map[string]*hourRead)}
}

// OpenBucket opens the archive in a bucket, or in the directory that takes its place.
func OpenBucket(cfg Config, region, name string) *Archive {
	if dir, ok := cfg.Directories[name]; ok {
		return OpenDirectory(dir)
	}
	client := newDestinations(cfg, nil, nil).s3(region)
	a := newArchive()
	a.list = func(ctx context.Context, prefix, after string) iter.Seq2[string, error] {
		return listBucket(ctx, client, &s3.ListObjectsV2Input{Bucket: aws.String(name), Prefix: aws.String(prefix), StartAfter: aws.String(after)})
	}
	a.get = func(ctx context.Context, key string) (io.ReadCloser, error) {
		out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(name), Key: aws.String(key)})
		if err != nil {
			return nil, err
		}
		return out.Body, nil
	}
	return a
}

func listBucket(ctx context.Context, client *s3.Client, in *s3.ListObjectsV2Input) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for pages := s3.NewListObjectsV2Paginator(client, in); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield("", err)
				return
			}
			for _, o := range page.Contents {
				if !yield(aws.ToString(o.Key), nil) {
					return
				}
			}
		}
	}
}

// OpenDirectory opens the archive in a local directory.
func OpenDirectory(dir string) *Archive {
	a := newArchive()
	a.list = func(_ context.Context, prefix, after string) iter.Seq2[string, error] {
		return listDirectory(dir, prefix, after)
	}
	a.get = func(_ context.Context, key string) (io.ReadCloser, error) {
		return os.OpenInRoot(dir, filepath.FromSlash(key))
	}
	return a
}

func listDirectory(dir, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		root := filepath.Join(dir, filepath.FromSlash(prefix))
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && path == root {
				_, err = os.Stat(dir) // nothing yet, but the directory is there
				return err
			}
			if err != nil || e.IsDir() {
				return err
			}
			key, err := filepath.Rel(dir, path)
			key = filepath.ToSlash(key)
			if err == nil && key > after && !yield(key, nil) {
				return fs.SkipAll
			}
			return err
		})
		if err != nil {
			yield("", err)
		}
	}
}

// Read yields the records that q wants and that the archive has not yielded before:
// those of a room in order of time, each once, however often it was delivered. Called
// again, it yields what came since.
func (a *Archive) Read(ctx context.Context, q Query) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		a.forget(time.Now())
		var hour []string // files of one room and hour
		for key, err := range a.list(ctx, q.prefix(), q.after()) {
			if err != nil {
				yield(Line{}, fmt.Errorf("list log files: %w", err))
				return
			}
			f, ok := ParseKey(key)
			if !ok || !q.wantsFile(f) || a.hour(key).files[key] {
				continue
			}
			if len(hour) > 0 && group(hour[0]) != group(key) {
				if !a.readHour(ctx, q, hour, yield) {
					return
				}
				hour = hour[:0]
			}
			hour = append(hour, key)
		}
		if len(hour) > 0 {
			a.readHour(ctx, q, hour, yield)
		}
	}
}

// group is the part of a key that files of one room and hour share. A record that was
// delivered twice is in files of one group: the hour is the record's own.
func group(key string) string { return key[:strings.LastIndexByte(key, '/')+1] }

// hour is what was read of the room's hour that key is of.
func (a *Archive) hour(key string) *hourRead {
	h := a.read[group(key)]
	if h == nil {
		f, _ := ParseKey(key)
		h = &hourRead{files: make(map[string]bool), end: f.At.Truncate(time.Hour).Add(time.Hour)}
		a.read[group(key)] = h
	}
	return h
}

// prefix is what the keys of all files that q wants begin with.
func (q Query) prefix() string {
	if q.Account != "" && q.Region != "" && q.Room != "" {
		return prefixOf(q.Account, q.Region, q.Room)
	}
	return "AWSLogs/"
}

// after is a key that all files q wants come after.
func (q Query) after() string {
	if q.From.IsZero() || q.prefix() == "AWSLogs/" {
		return ""
	}
	return q.prefix() + q.From.UTC().Format("2006/01/02/15/")
}

// wantsFile reports whether f may hold records that q wants. A file's records are of
// the hour of its stamp, none earlier than that.
func (q Query) wantsFile(f File) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	if !is(q.Account, f.Account) || !is(q.Region, f.Region) || !is(q.Room, f.Room) {
		return false
	}
	end := f.At.Truncate(time.Hour).Add(time.Hour)
	return (q.From.IsZero() || end.After(q.From)) && (q.To.IsZero() || f.At.Before(q.To))
}

func (q Query) wants(l Line) bool {
	return (q.Type == "" || q.Type == l.Type) && !l.At.Before(q.From) && (q.To.IsZero() || l.At.Before(q.To))
}

// readHour yields the wanted records of one room and hour, and reports whether to go on.
func (a *Archive) readHour(ctx context.Context, q Query, keys []string, yield func(Line, error) bool) bool {
	h := a.hour(keys[0])
	if err := a.recall(ctx, h); err != nil {
		return yield(Line{}, err)
	}
	defer h.forget(time.Now())
	var all []Line
	for _, key := range keys {
		lines, err := a.readFile(ctx, key)
		if err != nil {
			return yield(Line{}, fmt.Errorf("read %s: %w", key, err))
		}
		all = append(all, lines...)
		h.files[key] = true
	}
	slices.SortStableFunc(all, func(x, y Line) int { return x.entity.SendTime.Compare(y.entity.SendTime) })
	for _, l := range all {
		if h.seen[l.entity.ID] || !q.wants(l) {
			continue
		}
		h.seen[l.entity.ID] = true
		if !yield(l, nil) {
			return false
		}
	}
	return true
}

// recall makes sure that the ids of an hour's records are known.
func (a *Archive) recall(ctx context.Context, h *hourRead) error {
	if h.seen != nil {
		return nil
	}
	seen := make(map[string]bool)
	for key := range h.files {
		lines, err := a.readFile(ctx, key)
		if err != nil && troubleOf(err) != notFound { // cleaned up meanwhile
			return fmt.Errorf("read %s again: %w", key, err)
		}
		for _, l := range lines {
			seen[l.entity.ID] = true
		}
	}
	h.seen = seen
	return nil
}

func (a *Archive) forget(now time.Time) {
	for _, h := range a.read {
		h.forget(now)
	}
}

// forget lets go of what is needed no more, most likely.
func (h *hourRead) forget(now time.Time) {
	if now.Sub(h.end) > seenFor {
		h.seen = nil
	}
}

func (a *Archive) readFile(ctx context.Context, key string) ([]Line, error) {
	in, err := a.get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // it was only read
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	f, _ := ParseKey(key)
	var out []Line
	scan := bufio.NewScanner(z)
	scan.Buffer(nil, maxLine)
	for scan.Scan() {
		l := Line{Room: f.Room, Raw: bytes.Clone(scan.Bytes())}
		if err := json.Unmarshal(l.Raw, &l); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(l.Payload, &l.entity); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, scan.Err()
}
