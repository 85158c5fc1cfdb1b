package iam

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Context is what policies may ask of a request, beside who makes it.
type Context struct {
	Time            time.Time
	SourceIP        netip.Addr
	SecureTransport bool // came over TLS
	UserAgent       string

	ResourceTags map[string]string // of the resource as it is
	RequestTags  map[string]string // that the request wants to set
	TagKeys      []string          // that it wants to remove; those of RequestTags count by themselves
}

// environment is all that the conditions of a statement are held against.
type environment struct {
	caller   *Caller
	context  *Context
	action   string // in lower case
	resource string
}

// state is what is known of a condition key.
type state int8

const (
	unsupported state = iota // this service never knows it
	absent                   // the request does not have it
	present
)

// attribute is the value of a condition key: text, or a list for the keys that
// may have several values.
type attribute struct {
	state state
	text  string
	list  []string
}

// parseKey reads the name of a condition key, which has no case; the name of a
// tag in it keeps its own.
func parseKey(name string) (string, error) {
	prefix, tag, tagged := strings.Cut(name, "/")
	prefix = strings.ToLower(prefix)
	if _, local, ok := strings.Cut(prefix, ":"); !ok || local == "" || strings.ContainsAny(prefix, " ${}*?") {
		return "", fmt.Errorf("%q is not the name of a condition key", name)
	}
	if !tagged {
		return prefix, nil
	}
	if tag == "" {
		return "", fmt.Errorf("%q names no tag", name)
	}
	return prefix + "/" + tag, nil
}

// attribute looks up a condition key in the form that parseKey gives it.
func (e *environment) attribute(key string) attribute {
	if prefix, tag, tagged := strings.Cut(key, "/"); tagged {
		switch prefix {
		case "aws:resourcetag":
			return tagNamed(e.context.ResourceTags, tag)
		case "aws:requesttag":
			return tagNamed(e.context.RequestTags, tag)
		case "aws:principaltag":
			return attribute{state: absent} // users have no tags here
		}
		return attribute{}
	}
	if key == "aws:tagkeys" {
		return e.tagKeys()
	}
	text, ok := e.principal(key)
	if !ok {
		text, ok = e.request(key)
	}
	switch {
	case !ok:
		return attribute{}
	case text == "":
		return attribute{state: absent}
	}
	return attribute{state: present, text: text}
}

// principal gives the keys that speak of the caller.
func (e *environment) principal(key string) (string, bool) {
	switch key {
	case "aws:username":
		return e.caller.User, true
	case "aws:principalarn":
		return e.caller.ARN(), true
	case "aws:principalaccount":
		return e.caller.Account, true
	case "aws:userid":
		return e.caller.UserID(), true
	case "aws:principaltype":
		return "User", true
	case "aws:principalisawsservice", "aws:viaawsservice":
		return "false", true
	}
	return "", false
}

// request gives the keys that speak of the request and its resource.
func (e *environment) request(key string) (string, bool) {
	c := e.context
	switch key {
	case "aws:currenttime":
		return c.Time.UTC().Format(time.RFC3339), true
	case "aws:epochtime":
		return strconv.FormatInt(c.Time.Unix(), 10), true
	case "aws:securetransport":
		return strconv.FormatBool(c.SecureTransport), true
	case "aws:sourceip":
		if !c.SourceIP.IsValid() {
			return "", true
		}
		return c.SourceIP.Unmap().String(), true
	case "aws:useragent":
		return c.UserAgent, true
	case "aws:requestedregion":
		return e.caller.Region, true
	case "aws:resourceaccount":
		return accountOf(e.resource), true
	}
	return "", false
}

// tagKeys is the list of the tags that the request speaks of.
func (e *environment) tagKeys() attribute {
	keys := e.context.TagKeys
	if len(e.context.RequestTags) > 0 {
		keys = slices.AppendSeq(slices.Clone(keys), maps.Keys(e.context.RequestTags))
	}
	if len(keys) == 0 {
		return attribute{state: absent}
	}
	return attribute{state: present, list: keys}
}

// tagNamed finds a tag. Conditions don't know the case of a tag's key but the
// service does: where two tags differ in case alone, neither is the one meant.
func tagNamed(tags map[string]string, name string) attribute {
	a := attribute{state: absent}
	for key, value := range tags {
		if !strings.EqualFold(key, name) {
			continue
		}
		if a.state == present {
			return attribute{}
		}
		a = attribute{state: present, text: value}
	}
	return a
}
