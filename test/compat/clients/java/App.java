import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.xray.AWSXRayClientBuilder;
import com.amazonaws.services.xray.model.PutTraceSegmentsRequest;
import com.amazonaws.xray.AWSXRay;
import com.amazonaws.xray.AWSXRayRecorderBuilder;
import com.amazonaws.xray.entities.Namespace;
import com.amazonaws.xray.entities.Segment;
import com.amazonaws.xray.entities.Subsegment;
import com.amazonaws.xray.strategy.sampling.AllSamplingStrategy;
import java.util.Map;

/**
 * An app with the unmodified X-Ray SDK for Java: three requests, each with a call to DynamoDB; the last one fails. Then the AWS SDK
 * for Java signs a document of its own and sends it to the API.
 */
public class App {
  public static void main(String[] arguments) throws InterruptedException {
    AWSXRay.setGlobalRecorder(AWSXRayRecorderBuilder.standard().withSamplingStrategy(new AllSamplingStrategy()).build());
    for (String id : new String[] {"1", "2", "none"}) {
      Segment segment = AWSXRay.beginSegment("java-front");
      segment.putHttp("request", Map.of("method", "GET", "url", "http://127.0.0.1/orders/" + id));
      segment.putAnnotation("language", "java");
      Subsegment call = AWSXRay.beginSubsegment("DynamoDB");
      call.setNamespace(Namespace.AWS.toString());
      call.putAws("operation", "GetItem");
      call.putAws("table_name", "java-orders");
      if (id.equals("none")) call.addException(new IllegalStateException("no such order"));
      AWSXRay.endSubsegment();
      if (id.equals("none")) segment.setFault(true);
      AWSXRay.endSegment();
    }
    sendSigned();
    Thread.sleep(300); // what was sent last is on its way
  }

  private static void sendSigned() {
    EndpointConfiguration own = new EndpointConfiguration(System.getenv("AWS_ENDPOINT_URL_XRAY"), System.getenv("AWS_REGION"));
    long now = System.currentTimeMillis() / 1000;
    String document = String.format(
        "{\"name\":\"java-signed\",\"id\":\"70de5b6f19ff9a0b\",\"trace_id\":\"1-%08x-0123456789abcdef01234567\",\"start_time\":%d,\"end_time\":%d.5}",
        now, now, now);
    var client = AWSXRayClientBuilder.standard().withEndpointConfiguration(own).build();
    var unprocessed = client.putTraceSegments(new PutTraceSegmentsRequest().withTraceSegmentDocuments(document)).getUnprocessedTraceSegments();
    if (!unprocessed.isEmpty()) throw new IllegalStateException(unprocessed.toString());
  }
}
