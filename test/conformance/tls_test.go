package conformance

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ivschat"
	"github.com/aws/aws-sdk-go-v2/service/ivschat/types"
	"github.com/coder/websocket"
)

// certificate makes a key and a certificate for names, and returns their files
// and the authorities that trust them.
func certificate(t *testing.T, names ...string) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", secret), roots
}

// With a certificate for AWS's own names, and those names leading to Parlor,
// even clients that know no other endpoint work unchanged.
func TestAmazonNames(t *testing.T) {
	t.Parallel()
	const control, edge = "ivschat.us-west-2.amazonaws.com", "edge.ivschat.us-west-2.amazonaws.com"
	cert, key, roots := certificate(t, control, edge)
	s := start(t, "--dev", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
	at := strings.TrimPrefix(s.endpoint, "https://")
	// What a line in /etc/hosts and a trusted certificate do.
	hosts := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, at)
		},
		TLSClientConfig: &tls.Config{RootCAs: roots},
	}}
	t.Cleanup(hosts.CloseIdleConnections)
	c := ivschat.New(ivschat.Options{
		Region: region, HTTPClient: hosts, Credentials: credentials.NewStaticCredentialsProvider(devAccessKey, devSecretKey, ""),
	})
	room, err := c.CreateRoom(within(t), &ivschat.CreateRoomInput{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := c.CreateChatToken(within(t), &ivschat.CreateChatTokenInput{
		RoomIdentifier: room.Arn, UserId: aws.String("u"), Capabilities: []types.ChatTokenCapability{send},
	})
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.Dial(within(t), "wss://"+edge, &websocket.DialOptions{HTTPClient: hosts, Subprotocols: []string{*token.Token}})
	if err != nil {
		t.Fatal(err)
	}
	k := &socket{conn: conn, seen: map[string]bool{}}
	t.Cleanup(func() { _ = conn.CloseNow() })
	k.message(t, strings.Repeat("over TLS ", 50), "1")
	k.expect(t, "MESSAGE", "1")
	if _, err := c.DisconnectUser(within(t), &ivschat.DisconnectUserInput{RoomIdentifier: room.Arn, UserId: aws.String("u")}); err != nil {
		t.Fatal(err)
	}
	k.expect(t, "EVENT", "")
	if code := k.closed(t); code != 1000 {
		t.Errorf("close code %d, want 1000", code)
	}
}
