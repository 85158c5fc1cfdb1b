package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"sync"
)

// maxKeys bounds the cache of signing keys: a key a day, region and service.
const maxKeys = 1024

// keyScope is all that a signing key depends on.
type keyScope struct{ secret, day, region, service string }

// derive makes the signing key, which is worth four HMACs.
func (k keyScope) derive() [sha256.Size]byte {
	day := mac([]byte("AWS4"+k.secret), []byte(k.day))
	region := mac(day[:], []byte(k.region))
	service := mac(region[:], []byte(k.service))
	return mac(service[:], []byte(terminator))
}

// mac is HMAC-SHA256.
func mac(key, text []byte) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, key)
	h.Write(text)
	h.Sum(sum[:0])
	return sum
}

// keyCache remembers the signing keys of those who proved to have the secret.
type keyCache struct {
	mu   sync.RWMutex // guards the following
	keys map[keyScope][sha256.Size]byte
}

// get returns the signing key for a scope, if it is known.
func (c *keyCache) get(k keyScope) ([sha256.Size]byte, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	key, ok := c.keys[k]
	return key, ok
}

// put remembers a key, in the place of any other when the cache is full.
func (c *keyCache) put(k keyScope, key [sha256.Size]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil {
		c.keys = make(map[keyScope][sha256.Size]byte)
	}
	for old := range c.keys {
		if len(c.keys) < maxKeys {
			break
		}
		delete(c.keys, old)
	}
	c.keys[k] = key
}
