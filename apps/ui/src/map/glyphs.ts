/** What a node's type looks like: a few families, told by the beginning of AWS's type names. */
const families = [
  ['client', /^client$/],
  ['lambda', /^AWS::Lambda/],
  ['database', /^Database::|DynamoDB|RDS|Aurora|ElastiCache|Redshift|DocumentDB/i],
  ['queue', /SQS|SNS|Events|EventBridge|Kinesis|Kafka|MQ/i],
  ['storage', /S3|EFS/],
  ['gateway', /ApiGateway|AppSync|LoadBalancing|CloudFront/],
  ['container', /ECS|EKS|Fargate|Container/],
  ['remote', /^remote$/],
] as const;

export type NodeFamily = (typeof families)[number][0] | 'service';

export function familyOf(type: string): NodeFamily {
  return families.find(([, pattern]) => pattern.test(type))?.[0] ?? 'service';
}

/** Line drawings on an 18 by 18 grid. */
export const glyphs: Record<NodeFamily, string> = {
  client: 'M9 8.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6M3.5 15.5c.4-3 2.6-4.6 5.5-4.6s5.1 1.6 5.5 4.6',
  lambda: 'M5 3h2.2l5 12h2.3M8.6 7.2 4.5 15',
  database:
    'M3.5 4.7C3.5 3.4 6 2.5 9 2.5s5.5.9 5.5 2.2S12 7 9 7 3.5 6 3.5 4.7v8.6c0 1.3 2.5 2.2 5.5 2.2s5.5-.9 5.5-2.2V4.7M3.5 9c0 1.3 2.5 2.2 5.5 2.2s5.5-.9 5.5-2.2',
  queue: 'M2.5 5.5h3v7h-3zM7.5 5.5h3v7h-3zM12.5 5.5h3v7h-3z',
  storage: 'M3.5 4.5h11l-1.5 11H5zM3.5 4.5c0-1.1 2.5-2 5.5-2s5.5.9 5.5 2-2.5 2-5.5 2-5.5-.9-5.5-2',
  gateway: 'M6 4 2 9l4 5M12 4l4 5-4 5M10.2 4.5 7.8 13.5',
  container: 'M9 2.5 15 5.7v6.6L9 15.5 3 12.3V5.7zM3 5.7l6 3.3 6-3.3M9 9v6.5',
  remote:
    'M9 15.5A6.5 6.5 0 1 0 9 2.5a6.5 6.5 0 0 0 0 13M2.5 9h13M9 2.5c2 2 2.7 4.2 2.7 6.5S11 13.5 9 15.5c-2-2-2.7-4.2-2.7-6.5S7 4.5 9 2.5',
  service: 'M9 2.2 14.9 5.6v6.8L9 15.8 3.1 12.4V5.6zM9 6.3a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4',
};

/** The type for people: AWS's name, or what stands for none. */
export function typeLabel(type: string): string {
  if (type === '') return 'Service';
  if (type === 'client') return 'Client';
  if (type === 'remote') return 'Remote';
  return type.replace(/^AWS::/, '').replaceAll('::', ' ');
}
