import com.amazonaws.xray.AWSXRay;
import com.amazonaws.xray.AWSXRayRecorderBuilder;
import com.amazonaws.xray.entities.Namespace;
import com.amazonaws.xray.entities.Segment;
import com.amazonaws.xray.entities.Subsegment;
import com.amazonaws.xray.strategy.sampling.AllSamplingStrategy;
import java.util.Map;

/** An app with the unmodified X-Ray SDK for Java: three requests, each with a call to DynamoDB; the last one fails. */
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
    Thread.sleep(300); // what was sent last is on its way
  }
}
