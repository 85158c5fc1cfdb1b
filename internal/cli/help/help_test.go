package help_test

import (
	"strings"
	"testing"

	"parlor/api"
	"parlor/internal/cli/help"
)

// TestPages holds every page to what all of them must have, and to the width.
func TestPages(t *testing.T) {
	const width = 72
	for _, op := range api.Operations() {
		var page strings.Builder
		if err := help.Operation(&page, width, "word", op, []help.Global{{Name: "--debug", Doc: "Say more."}}); err != nil {
			t.Fatal(err)
		}
		rest := page.String()
		for _, part := range []string{"NAME", "DESCRIPTION", "SYNOPSIS", "OPTIONS", "GLOBAL OPTIONS", "EXAMPLES", "parlor ", "OUTPUT"} {
			_, after, ok := strings.Cut(rest, part)
			if !ok {
				t.Errorf("%s: no %q in its place", op.Name, part)
			}
			rest = after
		}
		for line := range strings.SplitSeq(page.String(), "\n") {
			if len([]rune(line)) > width && strings.Contains(strings.TrimSpace(line), " ") && !strings.Contains(line, "arn:") && !strings.Contains(line, "parlor ") && !strings.Contains(line, "    --") {
				t.Errorf("%s: wider than %d: %q", op.Name, width, line)
			}
		}
	}
}

func TestSyntax(t *testing.T) {
	var page strings.Builder
	if err := help.Operation(&page, 0, "word", api.CreateLoggingConfiguration.Operation, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"s3={bucketName=string},cloudWatchLogs={logGroupName=string},firehose={deliveryStreamName=string}",
		"--destination-configuration (tagged union structure)", "s3 bucketName", "KeyName1=string,KeyName2=string",
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, page.String())
		}
	}
}
