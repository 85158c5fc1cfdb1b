package server

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"parlor/internal/cluster"
	"parlor/internal/iam"
)

// firstUser is the administrator made where there is nobody yet.
const firstUser = "admin"

// credentials gathers who may sign requests: the users of the configuration's file,
// those kept with the records, and in development the one everybody knows. Where
// there is nobody at all it makes an administrator and shows the key, once.
func (s *server) credentials(ctx context.Context, stdout io.Writer) error {
	text := []byte("{}")
	if s.cfg.IAM != "" {
		var err error
		if text, err = os.ReadFile(filepath.Clean(s.cfg.IAM)); err != nil {
			return fmt.Errorf("iam-file: %w", err)
		}
	}
	file, err := iam.ParseFile(text, s.cfg.Account)
	if err != nil {
		return fmt.Errorf("iam-file %s: %w", s.cfg.IAM, err)
	}
	s.store = iam.Store{
		Users:    cluster.RecordsOf[iam.User](s.node, "user"),
		Keys:     cluster.RecordsOf[iam.Key](s.node, "key"),
		Policies: cluster.RecordsOf[*iam.Policy](s.node, "policy"),
	}
	s.users = iam.Sources{file, s.store}
	if s.cfg.Dev {
		s.key = iam.Key{ID: DevAccessKey, Secret: DevSecretKey, Account: DevAccount, User: devUser}
		return devUsers(file, s.key)
	}
	return s.firstKey(ctx, stdout)
}

// firstKey makes the administrator of a new installation, or finds the key that the
// command line of this user may go on with.
func (s *server) firstKey(ctx context.Context, stdout io.Writer) error {
	key, made, err := s.store.Bootstrap(ctx, s.cfg.Account, firstUser, s.clock.Now())
	if err != nil {
		return fmt.Errorf("first access key: %w", err)
	}
	if !made {
		for _, k := range s.store.Keys.All() {
			if k.Account == s.cfg.Account && k.User == firstUser && k.Expires.IsZero() {
				s.key = k
			}
		}
		return nil
	}
	s.key = key
	_, err = fmt.Fprintf(stdout, `
  This is a new installation. Its administrator's access key, shown this once:

  Access key      %s
  Secret key      %s
  Account         %s, any region

`, key.ID, string(key.Secret), key.Account)
	return err
}
