// Package local is how the command line finds the server that runs on this
// machine: a file that the server keeps while it runs, readable by its user alone.
package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// A Server is what a client needs to call a running server.
type Server struct {
	Endpoint        string `json:"endpoint"`
	Region          string `json:"region"`
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	Account         string `json:"account"`
	PID             int    `json:"pid"`
}

// String keeps the secret out of formatted text.
func (s Server) String() string { return fmt.Sprintf("%s (pid %d)", s.Endpoint, s.PID) }

// Path returns where the file is: where PARLOR_STATE_FILE says, as it does to the
// server, or below XDG_RUNTIME_DIR, or below the home directory where there is none.
// Getenv is os.Getenv.
func Path(getenv func(string) string) string {
	if path := getenv("PARLOR_STATE_FILE"); path != "" {
		return path
	}
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "parlor", "server.json")
	}
	return filepath.Join(getenv("HOME"), ".parlor", "server.json")
}

// Write writes the file in one step, readable by its owner only. The returned
// remove deletes it, unless another server has taken its place meanwhile.
func Write(path string, s Server) (remove func() error, err error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "server-*") // mode 0600
	if err != nil {
		return nil, err
	}
	_, err = f.Write(append(text, '\n'))
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(f.Name()))
	}
	return func() error {
		if now, _ := read(path); now.PID == s.PID {
			return os.Remove(path)
		}
		return nil
	}, nil
}

// Read returns the server that the file names, if it is still running. Its error
// is fs.ErrNotExist when there is none.
func Read(path string) (Server, error) {
	s, err := read(path)
	if err != nil {
		return Server{}, err
	}
	if s.PID > 0 {
		if err := syscall.Kill(s.PID, 0); errors.Is(err, syscall.ESRCH) {
			return Server{}, fmt.Errorf("the server of %s has gone: %w", path, fs.ErrNotExist)
		}
	}
	return s, nil
}

func read(path string) (Server, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Server{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Server{}, fmt.Errorf("%s is open to others than its owner: not used", path)
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return Server{}, err
	}
	var s Server
	if err := json.Unmarshal(text, &s); err != nil {
		return Server{}, fmt.Errorf("read %s: %w", path, err)
	}
	return s, nil
}
