package chatlog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
	"time"

	"parlor/chat"
)

// A File is a log file of a bucket, as its key says (behaviour.md §5.3):
// AWSLogs/<account>/IVSChatLogs/1.0/<region>/room_<id>/<YYYY>/<MM>/<DD>/<HH>/
// <account>_IVSChatLogs_1.0_<region>_room_<id>_<stamp>_<hash>.log.gz
type File struct {
	Account string
	Region  string
	Room    string    // the room's id
	At      time.Time // minute of its earliest record, UTC
	Hash    string    // 8 hex digits, from its content
}

// stampOfFile is the stamp in a file's name.
const stampOfFile = "20060102T1504Z"

// prefixOf is what the keys of all files of one account, region and room begin with.
func prefixOf(account, region, room string) string {
	return fmt.Sprintf("AWSLogs/%s/IVSChatLogs/%s/%s/room_%s/", account, Version, region, room)
}

// Key returns the file's key.
func (f File) Key() string {
	at := f.At.UTC()
	return prefixOf(f.Account, f.Region, f.Room) + at.Format("2006/01/02/15/") +
		fmt.Sprintf("%s_IVSChatLogs_%s_%s_room_%s_%s_%s.log.gz", f.Account, Version, f.Region, f.Room, at.Format(stampOfFile), f.Hash)
}

// ParseKey reads a file's key.
func ParseKey(key string) (File, bool) {
	p := strings.Split(key, "/")
	if len(p) != 11 {
		return File{}, false
	}
	f := File{Account: p[1], Region: p[4], Room: strings.TrimPrefix(p[5], "room_")}
	rest, ok := strings.CutSuffix(path.Base(key), ".log.gz")
	part := strings.Split(rest, "_")
	if !ok || len(part) < 2 {
		return File{}, false
	}
	at, err := time.Parse(stampOfFile, part[len(part)-2])
	if err != nil {
		return File{}, false
	}
	f.At, f.Hash = at, part[len(part)-1]
	return f, f.Key() == key
}

// fileOf names the file that holds a pile as content. The name depends on nothing else, so
// that a second delivery of the same records is the same file; try tells apart different
// contents whose hashes are the same.
func fileOf(s chat.Scope, p *pile, content []byte, try int) File {
	sum := sha256.Sum256(content)
	if try > 0 {
		sum = sha256.Sum256(fmt.Appendf(nil, "%x %d", sum, try))
	}
	return File{
		Account: s.Account, Region: s.Region, Room: p.key.room,
		At: time.Unix(0, p.from).UTC().Truncate(time.Minute), Hash: hex.EncodeToString(sum[:4]),
	}
}
