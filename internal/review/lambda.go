package review

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"parlor/internal/cloud"
)

// A lambdaAPI invokes functions through the Invoke API of AWS Lambda or of whatever
// speaks it.
type lambdaAPI struct {
	client  *lambda.Client
	account cloud.Account
}

func newLambda(client *http.Client, account cloud.Account) *lambdaAPI {
	return &lambdaAPI{account: account, client: lambda.New(lambda.Options{
		BaseEndpoint: account.BaseEndpoint(),
		Credentials:  account.Credentials(),
		HTTPClient:   boundedClient{client},
		Retryer:      aws.NopRetryer{},
	})}
}

// invoke calls the function synchronously. AWS takes the whole ARN; emulators know
// their functions by name alone, so an endpoint of the operator's gets the name.
func (l *lambdaAPI) invoke(ctx context.Context, uri string, payload []byte) ([]byte, error) {
	fn, err := parseFunction(uri)
	if err != nil {
		return nil, err
	}
	in := &lambda.InvokeInput{FunctionName: aws.String(fn.arn), Payload: payload}
	if l.account.Endpoint != "" {
		in.FunctionName = aws.String(fn.name)
	}
	if fn.qualifier != "" {
		in.Qualifier = aws.String(fn.qualifier)
	}
	out, err := l.client.Invoke(ctx, in, func(o *lambda.Options) { o.Region = l.account.SigningRegion(fn.region) })
	if err != nil {
		return nil, err
	}
	if out.FunctionError != nil {
		return nil, &failure{function, fmt.Errorf("the function failed: %s", aws.ToString(out.FunctionError))}
	}
	return out.Payload, nil
}

// A functionName is what the ARN of a Lambda function says:
// arn:aws:lambda:<region>:<account>:function:<name>[:<version or alias>].
type functionName struct{ arn, region, name, qualifier string }

func parseFunction(uri string) (functionName, error) {
	p := strings.Split(uri, ":")
	if len(p) < 7 || len(p) > 8 || p[2] != "lambda" || p[5] != "function" || p[6] == "" {
		return functionName{}, errors.New("not the ARN of a Lambda function")
	}
	f := functionName{arn: strings.Join(p[:7], ":"), region: p[3], name: p[6]}
	if len(p) == 8 {
		f.qualifier = p[7]
	}
	return f, nil
}

// A boundedClient bounds the answers of another one: the SDK would read them whole.
type boundedClient struct{ *http.Client }

// Do sends req.
func (c boundedClient) Do(req *http.Request) (*http.Response, error) {
	res, err := c.Client.Do(req) //nolint:gosec // G704: the operator named the host, and the client checks what it dials.
	if err == nil {
		res.Body = &bounded{res.Body, maxAnswer}
	}
	return res, err
}
