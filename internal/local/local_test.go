package local_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parlor/internal/local"
)

func TestWriteRead(t *testing.T) {
	env := map[string]string{"HOME": t.TempDir()}
	getenv := func(k string) string { return env[k] }
	path := local.Path(getenv)
	if want := filepath.Join(env["HOME"], ".parlor", "server.json"); path != want {
		t.Fatalf("Path() = %s, want %s", path, want)
	}
	env["PARLOR_STATE_FILE"] = filepath.Join(env["HOME"], "elsewhere.json")
	if got := local.Path(getenv); got != env["PARLOR_STATE_FILE"] {
		t.Errorf("Path() = %s, want %s", got, env["PARLOR_STATE_FILE"])
	}
	if _, err := local.Read(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Read of nothing: %v", err)
	}
	want := local.Server{Endpoint: "http://127.0.0.1:1", Region: "us-west-2", AccessKeyID: "K", SecretAccessKey: "S3", Account: "1", PID: os.Getpid()}
	remove, err := local.Write(path, want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := local.Read(path); err != nil || got != want {
		t.Errorf("Read() = %v, %v, want %v", got, err, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	if strings.Contains(want.String(), "S3") {
		t.Errorf("String() = %s shows the secret", want)
	}
	other := want
	other.PID++
	if _, err := local.Write(path, other); err != nil {
		t.Fatal(err)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("remove deleted another server's file: %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "server.json")
	if err := os.WriteFile(path, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err := local.Read(path); err == nil {
		t.Errorf("Read of a file open to others = %v", s)
	}
	gone := filepath.Join(t.TempDir(), "server.json")
	if _, err := local.Write(gone, local.Server{PID: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	if _, err := local.Read(gone); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read of a server that has gone: %v", err)
	}
}
