package api

// TagResourceInput is what TagResource takes.
type TagResourceInput struct {
	ResourceARN string            `json:"resourceArn" api:"required,min=1,max=128,pattern=resource" in:"path" doc:"The ARN of the resource to be tagged."`
	Tags        map[string]string `json:"tags,omitzero" api:"required,max=50" key:"TagKey,min=1,max=128" value:"TagValue,min=0,max=256" doc:"Array of tags to be added or updated."`
}

// TagResourceOutput is what TagResource answers.
type TagResourceOutput struct{}

// UntagResourceInput is what UntagResource takes.
type UntagResourceInput struct {
	ResourceARN string   `json:"resourceArn" api:"required,min=1,max=128,pattern=resource" in:"path" doc:"The ARN of the resource to be untagged."`
	TagKeys     []string `json:"tagKeys,omitzero" api:"required,max=50" elem:"TagKey,min=1,max=128" in:"query" doc:"Array of tags to be removed."`
}

// UntagResourceOutput is what UntagResource answers.
type UntagResourceOutput struct{}

// ListTagsForResourceInput is what ListTagsForResource takes.
type ListTagsForResourceInput struct {
	ResourceARN string `json:"resourceArn" api:"required,min=1,max=128,pattern=resource" in:"path" doc:"The ARN of the resource to be retrieved."`
}

// ListTagsForResourceOutput is what ListTagsForResource answers.
type ListTagsForResourceOutput struct {
	Tags map[string]string `json:"tags" api:"required,max=50" key:"TagKey,min=1,max=128" value:"TagValue,min=0,max=256" doc:"Tags attached to the resource."`
}
