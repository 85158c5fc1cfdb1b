package chatlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/klauspost/compress/gzip"

	"parlor/chat"
)

// maxTries bounds the names tried for a file. Two contents of one room and minute share
// their first name once in four billion times.
const maxTries = 8

// zipGuess is how many bytes of records make one of a file, most often more.
const zipGuess = 8

// fileRule is how records are piled up for files (behaviour.md §5.3).
func fileRule(cfg Config) rule {
	return rule{interval: cfg.FileInterval, bytes: cfg.FileBytes, overhead: 1, byRoom: true, byHour: true}
}

// zippers are gzip writers to use again: each takes about a megabyte.
type zippers struct{ pool sync.Pool }

var newline = []byte{'\n'}

// zip compresses a pile as newline-delimited JSON. The same bytes come out each time: the
// header has no time.
func (z *zippers) zip(p *pile) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(p.bytes / zipGuess)
	w, ok := z.pool.Get().(*gzip.Writer)
	if ok {
		w.Reset(&out)
	} else {
		w, _ = gzip.NewWriterLevel(&out, gzip.BestSpeed) // the level is valid
	}
	defer z.pool.Put(w)
	for _, r := range p.records {
		_, _ = w.Write(r.line) // Close says if one failed
		_, _ = w.Write(newline)
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// A directory takes the place of a bucket: same keys, same files.
type directory struct {
	scope chat.Scope
	dir   string
	cfg   Config
	zip   zippers
}

func (*directory) name() string { return "file" }

func (d *directory) rule() rule { return fileRule(d.cfg) }

// put writes a pile to a file that appears whole or not at all, and is on disk then.
func (d *directory) put(_ context.Context, p *pile) ([]record, error) {
	if _, err := os.Stat(d.dir); err != nil {
		return p.records, err // the destination must exist, as a bucket must
	}
	zipped, err := d.zip.zip(p)
	if err != nil {
		return p.records, err
	}
	for try := range maxTries {
		name := filepath.Join(d.dir, filepath.FromSlash(fileOf(d.scope, p, zipped, try).Key()))
		err := writeOnce(name, zipped)
		if errors.Is(err, fs.ErrExist) {
			continue // other content under this name
		}
		if err != nil {
			return p.records, fmt.Errorf("write log file: %w", err)
		}
		return nil, nil
	}
	return p.records, errors.New("write log file: every name is taken")
}

// writeOnce writes data to the file name. That it is there already is fine; that
// something else is there is fs.ErrExist.
func writeOnce(name string, data []byte) error {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if old, err := os.ReadFile(filepath.Clean(name)); err == nil {
		if bytes.Equal(old, data) {
			return nil
		}
		return fs.ErrExist
	}
	f, err := os.CreateTemp(dir, ".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails after the rename, as it should
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a rename in dir last.
func syncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
