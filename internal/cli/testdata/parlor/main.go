// Command parlor is the command line alone, for tests.
package main

import (
	"context"
	"os"

	"parlor/internal/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.LookupEnv, os.Stdin, os.Stdout, os.Stderr))
}
