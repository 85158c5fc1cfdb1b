package chatlog

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// Limits of PutRecordBatch.
const (
	maxFirehoseRecords = 500
	maxFirehoseBytes   = 4 << 20
)

// A deliveryStream is a Firehose destination.
type deliveryStream struct {
	stream string
	cfg    Config
	client *firehose.Client
}

func (d *destinations) openDeliveryStream(region, stream string) sink {
	return &deliveryStream{stream: stream, cfg: d.cfg, client: firehose.New(firehose.Options{
		BaseEndpoint: d.cfg.Firehose.BaseEndpoint(), Region: d.cfg.Firehose.SigningRegion(region),
		Credentials: d.creds["firehose"], HTTPClient: d.client, Retryer: aws.NopRetryer{},
	})}
}

func (*deliveryStream) name() string { return "firehose" }

func (s *deliveryStream) rule() rule {
	return rule{interval: s.cfg.Interval, bytes: maxFirehoseBytes, overhead: 1, count: maxFirehoseRecords}
}

// put sends a pile's records, a newline after each (behaviour.md §5.3). Firehose may
// take some and leave others: those are to be sent again.
func (s *deliveryStream) put(ctx context.Context, p *pile) ([]record, error) {
	in := make([]types.Record, len(p.records))
	raw := make([]byte, 0, p.bytes)
	for i, r := range p.records {
		from := len(raw)
		raw = append(append(raw, r.line...), '\n')
		in[i].Data = raw[from:]
	}
	out, err := s.client.PutRecordBatch(ctx, &firehose.PutRecordBatchInput{
		DeliveryStreamName: aws.String(s.stream), Records: in,
	})
	if err != nil {
		return p.records, fmt.Errorf("put record batch: %w", err)
	}
	if aws.ToInt32(out.FailedPutCount) == 0 {
		return nil, nil
	}
	if len(out.RequestResponses) != len(p.records) {
		return p.records, fmt.Errorf("put record batch: %d answers for %d records", len(out.RequestResponses), len(p.records))
	}
	var left []record
	code := ""
	for i, r := range out.RequestResponses {
		if r.ErrorCode != nil {
			left, code = append(left, p.records[i]), *r.ErrorCode
		}
	}
	return left, fmt.Errorf("put record batch: %d of %d records failed: %s", len(left), len(in), code)
}
