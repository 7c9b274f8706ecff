import { describeLogConformance } from '@fluoroscope/log/log-conformance';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';

let settings = kafkaSettings();

describeLogConformance('the log on Kafka', (again) => {
  if (!again) settings = kafkaSettings();
  return KafkaLogUnderTest.open(settings);
});
