package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parlor/internal/chattest"
)

// Parlor reaches NATS in every way that NATS knows: TLS with and without a certificate
// of the client's, user and password, token, nkey, credentials file, WebSocket, and lists
// in which some servers are down. The keys in testdata were made for this test.
func TestNATSInEveryForm(t *testing.T) {
	dir := t.TempDir()
	cert := certificate(t, dir)
	jwts, err := os.ReadFile("testdata/operator.conf")
	if err != nil {
		t.Fatal(err)
	}
	tlsConf := fmt.Sprintf("tls { cert_file: %q, key_file: %q, ca_file: %q, verify: %%v }\n", cert+".pem", cert+".key", cert+".pem")
	for _, c := range []struct {
		name string
		conf string
		urls string // PORT, and WSPORT for a WebSocket's
		args []string
	}{
		{"bare addresses, some dead", "", "127.0.0.1:1,127.0.0.1:PORT,localhost:1", nil},
		{"one scheme for the list", "", "nats://127.0.0.1:1,127.0.0.1:PORT,localhost:1", nil},
		{"user and password", "authorization { user: me, password: secret }", "nats://me:secret@127.0.0.1:PORT", nil},
		{"token", "authorization { token: t0ken }", "nats://t0ken@127.0.0.1:PORT", nil},
		{"TLS", fmt.Sprintf(tlsConf, false), "tls://127.0.0.1:PORT", []string{"--nats-ca", cert + ".pem"}},
		{
			"TLS, user, certificate of the client", fmt.Sprintf(tlsConf, true) + "authorization { user: me, password: secret }",
			"tls://me:secret@localhost:PORT",
			[]string{"--nats-ca", cert + ".pem", "--nats-cert", cert + ".pem", "--nats-key", cert + ".key"},
		},
		{"nkey", "authorization { users: [ { nkey: UBHXWX276JNAQWRUGNQKUFAQ7WGJIX7BQXM7DUEODPZHTAZOD27X74WP } ] }", "nats://127.0.0.1:PORT", []string{"--nats-nkey", "testdata/user.nk"}},
		{"credentials", string(jwts), "nats://127.0.0.1:PORT", []string{"--nats-creds", "testdata/user.creds"}},
		{"WebSocket", "websocket { listen: \"127.0.0.1:WSPORT\", no_tls: true }", "ws://127.0.0.1:WSPORT", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			ports := strings.NewReplacer("WSPORT", fmt.Sprint(chattest.FreePort(t)), "PORT", fmt.Sprint(chattest.FreePort(t)))
			conf := filepath.Join(t.TempDir(), "nats.conf")
			text := ports.Replace("listen: \"127.0.0.1:PORT\"\njetstream { store_dir: " + fmt.Sprintf("%q", t.TempDir()) + " }\n" + c.conf)
			if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			(&natsServer{t: t, args: []string{natsBinary, "-c", conf}}).start()
			f := plan(t, 1, c.args...)
			f.nodes[0].nats = ports.Replace(c.urls)
			f.start()
			room := f.nodes[0].room("reached")
			m := must(t)(enter(t, room, "u", f.nodes[0], f.nodes[0]))
			if err := m.say(); err != nil {
				t.Fatal(err)
			}
			m.hears("u 1")
		})
	}
}

// certificate makes a certificate for localhost that is its own authority, in base.pem
// and base.key.
func certificate(t *testing.T, dir string) (base string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	it := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, it, it, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	base = filepath.Join(dir, "cert")
	write(t, base+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, base+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	return base
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
