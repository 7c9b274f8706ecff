// An app with the unmodified X-Ray SDK for Go: a client that calls a server of its own, three times. Then the AWS SDK for Go
// signs a document of its own and sends it to the API.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	api "github.com/aws/aws-sdk-go/service/xray"
	"github.com/aws/aws-xray-sdk-go/strategy/sampling"
	"github.com/aws/aws-xray-sdk-go/xray"
)

const rules = `{"version":2,"default":{"fixed_target":100,"rate":1},"rules":[]}`

func main() {
	strategy, err := sampling.NewLocalizedStrategyFromJSONBytes([]byte(rules))
	check(err)
	check(xray.Configure(xray.Config{SamplingStrategy: strategy, ServiceVersion: "1.2.3"}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	answer := http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		check(xray.AddAnnotation(request.Context(), "language", "go"))
		if request.URL.Path == "/orders/none" {
			response.WriteHeader(http.StatusNotFound)
		}
	})
	go func() { check(http.Serve(listener, xray.Handler(xray.NewFixedSegmentNamer("go-back"), answer))) }()
	client := xray.Client(&http.Client{})
	for _, id := range []string{"1", "2", "none"} {
		ctx, segment := xray.BeginSegment(context.Background(), "go-front")
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/orders/%s", listener.Addr(), id), nil)
		check(err)
		response, err := client.Do(request)
		check(err)
		_, err = io.Copy(io.Discard, response.Body)
		check(err)
		check(response.Body.Close())
		segment.Close(nil)
	}
	sendSigned()
	time.Sleep(300 * time.Millisecond) // what was sent last is on its way
}

func sendSigned() {
	own, err := session.NewSession(&aws.Config{Endpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL_XRAY"))})
	check(err)
	now := time.Now().Unix()
	document := fmt.Sprintf(
		`{"name":"go-signed","id":"70de5b6f19ff9a0a","trace_id":"1-%08x-0123456789abcdef01234567","start_time":%d,"end_time":%d.5}`,
		now, now, now,
	)
	answer, err := api.New(own).PutTraceSegments(&api.PutTraceSegmentsInput{TraceSegmentDocuments: []*string{&document}})
	check(err)
	if len(answer.UnprocessedTraceSegments) > 0 {
		check(fmt.Errorf("unprocessed: %v", answer.UnprocessedTraceSegments))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
