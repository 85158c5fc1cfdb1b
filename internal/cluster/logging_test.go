package cluster

import (
	"testing"
	"time"

	"parlor/chat"
)

// A node that dies while it deletes a logging configuration leaves it DELETING. Then the
// node that looks after it makes it ACTIVE again, and its room's log is delivered.
func TestDeletionIsUndoneForTheDead(t *testing.T) {
	n := open(t, Config{Dir: t.TempDir()})
	all := n.LoggingConfigurations()
	c := chat.LoggingConfiguration{
		ARN:         chat.ARN{Region: "us-west-2", Account: "123456789012", Kind: chat.KindLogging, ID: "AbCdEfGhIjKl"},
		Destination: chat.Destination{S3: &chat.S3Destination{BucketName: "logs"}}, State: chat.StateActive,
	}
	if err := all.CreateLoggingConfiguration(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := all.mark(t.Context(), c.ARN, chat.StateDeleting); err != nil {
		t.Fatal(err)
	}
	mine := func(key string) bool { return key == c.ARN.String() }
	begun := time.Now()
	for _, step := range []struct {
		name  string
		owns  func(string) bool
		after time.Duration
		want  string
	}{
		{"it is seen", mine, 0, chat.StateDeleting},
		{"it may take this long", mine, deletingAtMost - time.Second, chat.StateDeleting},
		{"another node looks after it", func(string) bool { return false }, 2 * deletingAtMost, chat.StateDeleting},
		{"it is seen again", mine, 2 * deletingAtMost, chat.StateDeleting},
		{"nobody can be at it any more", mine, 3 * deletingAtMost, chat.StateActive},
	} {
		if err := all.restore(t.Context(), step.owns, begun.Add(step.after)); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if got, err := all.NewestLoggingConfiguration(t.Context(), c.ARN); err != nil || got.State != step.want {
			t.Errorf("%s: %s, %v, want %s", step.name, got.State, err, step.want)
		}
	}
}
