// Package config is everything an operator can set, as one struct: read from a file,
// the environment and flags, in that order, checked once, and able to say where each
// value came from.
package config

import "time"

// A Config is the configuration of `parlor serve`. Each field's tags give its name
// (--name as a flag, PARLOR_NAME in the environment, name: in the file), its default
// and what it is for.
type Config struct {
	Dev         bool   `name:"dev" help:"a server for a laptop or CI: loopback only, well-known credentials, data in memory, a demo room"`
	Listen      string `name:"listen" default:"127.0.0.1:8480" help:"address of the service: control plane, messaging and pages"`
	AdminListen string `name:"admin-listen" default:"127.0.0.1:8481" help:"address of /livez, /readyz, /metrics and /debug/pprof"`
	Data        string `name:"data" default:"parlor-data" help:"directory that keeps rooms, keys and undelivered logs; unused with --dev"`
	State       string `name:"state-file" help:"where a running server tells the command line of the same user how to reach it; - for nowhere"`

	Accounts []string `name:"accounts" help:"accounts that may be used; any if empty"`
	Regions  []string `name:"regions" help:"regions that may be used; any if empty"`
	Account  string   `name:"account" default:"000000000000" help:"account of the credentials made at first start"`
	IAM      string   `name:"iam-file" help:"JSON file of further users, keys and policies"`
	Quotas   string   `name:"quotas" default:"aws" help:"rates and limits: aws, dev (those of aws without the rates of the control plane; the default of --dev), off, or a JSON file"`

	TLSCert      string   `name:"tls-cert" help:"PEM file of the certificate chain; with --tls-key turns TLS on"`
	TLSKey       string   `name:"tls-key" help:"PEM file of the private key"`
	ACMEHosts    []string `name:"acme-hosts" help:"host names to get certificates for by ACME, kept in the data directory"`
	CORSOrigins  []string `name:"cors-origins" help:"origins, or *, whose pages may call the control plane; the server's own always may"`
	DemoBackend  string   `name:"demo-backend" help:"URL of the application's server that the demo page asks for tokens, such as examples/backend; with --dev one is built in"`
	TrustedProxy []string `name:"trusted-proxies" help:"networks (CIDR) of proxies whose X-Forwarded-For names the client"`

	NATS        []string `name:"nats" help:"URLs of an existing NATS cluster to use instead of the embedded server"`
	NATSCreds   string   `name:"nats-creds" help:"credentials file for --nats"`
	NATSNKey    string   `name:"nats-nkey" help:"file of an nkey seed for --nats"`
	NATSCA      string   `name:"nats-ca" help:"PEM file of the authorities that --nats servers are checked against"`
	NATSCert    string   `name:"nats-cert" help:"PEM file of the certificate that this node shows to --nats servers"`
	NATSKey     string   `name:"nats-key" help:"PEM file of its private key"`
	Join        []string `name:"join" help:"cluster addresses of other Parlor nodes: together their embedded servers are one cluster"`
	ClusterAddr string   `name:"cluster-listen" help:"address that other nodes reach this one's embedded server at; needed with --join"`
	ClusterKey  string   `name:"cluster-secret" secret:"true" help:"secret that nodes of one cluster share; needed with --cluster-listen beyond loopback"`
	Node        string   `name:"node" help:"name of this node; made up and kept in the data directory if empty"`

	ReviewEndpoint string            `name:"review-endpoint" help:"endpoint of the Lambda API for message review handlers; AWS's own if empty"`
	ReviewURLs     map[string]string `name:"review-urls" help:"function ARN=URL: handlers that are plain HTTP services"`
	ReviewSecret   string            `name:"review-secret" secret:"true" help:"key of the HMAC that signs requests to review-urls"`
	ReviewTimeout  time.Duration     `name:"review-timeout" default:"200ms" help:"how long a review may take"`

	LogDirs         map[string]string `name:"log-directories" help:"bucket=directory: S3 log destinations that are local directories"`
	LogS3Endpoint   string            `name:"log-s3-endpoint" help:"endpoint of S3 for chat logs; AWS's own if empty"`
	LogCWEndpoint   string            `name:"log-cloudwatch-endpoint" help:"endpoint of CloudWatch Logs for chat logs"`
	LogFHEndpoint   string            `name:"log-firehose-endpoint" help:"endpoint of Firehose for chat logs"`
	LogInterval     time.Duration     `name:"log-interval" default:"5m" help:"how often a log file is written to S3"`
	LogFileBytes    int               `name:"log-file-bytes" default:"5242880" help:"size at which a log file is written early"`
	LogStreamBytes  int               `name:"log-backlog-bytes" default:"1073741824" help:"bytes of undelivered log records kept"`
	LogStreamAge    time.Duration     `name:"log-backlog-age" default:"24h" help:"age of the oldest undelivered log record kept"`
	CloseDeleted    bool              `name:"close-deleted-rooms" help:"close the connections of a room that is deleted"`
	GoroutineDriver bool              `name:"goroutine-driver" help:"drive each connection with a goroutine, as with TLS, instead of the loops of epoll"`
	DrainWindow     time.Duration     `name:"drain-window" default:"10s" help:"time over which a stopping server drops its connections"`
	PingInterval    time.Duration     `name:"ping-interval" default:"30s" help:"how often a connection is pinged"`
	LogLevel        string            `name:"log-level" default:"info" help:"debug, info, warn or error"`
	LogFormat       string            `name:"log-format" default:"text" help:"text or json"`
	Program         string            `name:"-"` // how a person calls this program again; not for an operator to set

	ClockOffset time.Duration `name:"clock-offset" help:"shift this node's clock, to test what a wrong clock does"`
}

// Secret is what stands in place of a secret wherever a configuration is shown.
const Secret = "REDACTED"
