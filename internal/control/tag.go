package control

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"parlor/api"
	"parlor/chat"
)

func (s *Server) listTagsForResource(
	ctx context.Context, q *Request, _ *api.ListTagsForResourceInput,
) (*api.ListTagsForResourceOutput, error) {
	tags, err := s.tagsOf(ctx, q.Target)
	return &api.ListTagsForResourceOutput{Tags: tags}, err
}

// tagResource adds tags and overwrites those that are there already.
func (s *Server) tagResource(ctx context.Context, q *Request, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	return &api.TagResourceOutput{}, s.retag(ctx, q.Target, func(tags map[string]string) (map[string]string, error) {
		if tags == nil {
			tags = map[string]string{}
		}
		maps.Copy(tags, in.Tags)
		if len(tags) > chat.MaxTags {
			return nil, chat.InvalidFields([]chat.FieldError{{
				Name: "tags", Message: fmt.Sprintf("A resource can have %d tags at most", chat.MaxTags),
			}})
		}
		return tags, nil
	})
}

// untagResource removes tags. One that isn't there is no error.
func (s *Server) untagResource(ctx context.Context, q *Request, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	return &api.UntagResourceOutput{}, s.retag(ctx, q.Target, func(tags map[string]string) (map[string]string, error) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
		return tags, nil
	})
}

// tagsOf returns the tags of a room or a logging configuration.
func (s *Server) tagsOf(ctx context.Context, a chat.ARN) (map[string]string, error) {
	if a.Kind == chat.KindLogging {
		c, err := s.Logging.FindLoggingConfiguration(ctx, a)
		return c.Tags, err
	}
	room, err := s.Rooms.FindRoom(ctx, a)
	return room.Tags, err
}

// retag changes the tags of a room or a logging configuration. Its updateTime stays:
// the tags are about the resource, not of it.
func (s *Server) retag(ctx context.Context, a chat.ARN, change func(map[string]string) (map[string]string, error)) (err error) {
	if _, err := s.tagsOf(ctx, a); err != nil {
		return err
	}
	if a.Kind == chat.KindLogging {
		_, err = s.Logging.UpdateLoggingConfiguration(ctx, a, func(c *chat.LoggingConfiguration) (err error) {
			c.Tags, err = change(c.Tags)
			return err
		})
		return err
	}
	_, err = s.Rooms.UpdateRoom(ctx, a, func(r *chat.Room) (err error) {
		r.Tags, err = change(r.Tags)
		return err
	})
	return err
}

// resourceTags are the tags that a policy may ask about; of no resource, none.
func (s *Server) resourceTags(ctx context.Context, a chat.ARN) map[string]string {
	if a == (chat.ARN{}) {
		return nil
	}
	tags, err := s.tagsOf(ctx, a)
	if err != nil {
		return nil // it doesn't exist, which the caller learns only if the policy allows
	}
	return tags
}

// requestTags returns the tags that a request would set, and the keys that it would remove.
func requestTags(in any) (tags map[string]string, removed []string) {
	switch in := in.(type) {
	case *api.CreateRoomInput:
		return in.Tags, nil
	case *api.CreateLoggingConfigurationInput:
		return in.Tags, nil
	case *api.TagResourceInput:
		return in.Tags, nil
	case *api.UntagResourceInput:
		return nil, in.TagKeys
	}
	return nil, nil
}

// checkTags holds tags against the rules that the model doesn't state: aws: is
// reserved, and not all characters are allowed (behaviour.md §3.7).
func checkTags(in any) []chat.FieldError {
	var bad []chat.FieldError
	fail := func(name, text string) {
		bad = append(bad, chat.FieldError{Name: name, Message: "Value at '" + name + "' failed to satisfy constraint: " + text})
	}
	tags, removed := requestTags(in)
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if chat.ReservedTag(key) {
			fail("tags.key", "Member must not begin with aws:")
		}
		if !chat.ValidTagText(key) {
			fail("tags.key", "Member must be of letters, digits, spaces and _.:/=+-@")
		}
		if !chat.ValidTagText(tags[key]) {
			fail("tags.value", "Member must be of letters, digits, spaces and _.:/=+-@")
		}
	}
	for _, key := range removed {
		if chat.ReservedTag(key) {
			fail("tagKeys.member", "Member must not begin with aws:")
		}
	}
	return bad
}

// bind fills the members of an input that travel in the path and the query. The ARN is
// one escaped segment; an unescaped / in it is accepted as well (behaviour.md §3.1).
func bind(in any, r *http.Request) error {
	switch in.(type) {
	case *api.TagResourceInput, *api.UntagResourceInput, *api.ListTagsForResourceInput:
	default:
		return nil
	}
	arn, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), tagsPrefix))
	if err != nil {
		return chat.Invalid("The path is not properly escaped")
	}
	switch in := in.(type) {
	case *api.TagResourceInput:
		in.ResourceARN = arn
	case *api.ListTagsForResourceInput:
		in.ResourceARN = arn
	case *api.UntagResourceInput:
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return chat.Invalid("The query is not properly escaped")
		}
		in.ResourceARN, in.TagKeys = arn, query["tagKeys"]
	}
	return nil
}
