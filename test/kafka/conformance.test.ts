import { documentKinds } from '@fluoroscope/log/document-kind';
import { describeLogConformance } from '@fluoroscope/log/log-conformance';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';

for (const kind of documentKinds) {
  let settings = kafkaSettings();

  describeLogConformance(`the log of ${kind.topic} on Kafka`, (again) => {
    if (!again) settings = kafkaSettings();
    return KafkaLogUnderTest.open(settings, kind);
  });
}
