/**
 * The shop's database and table. There is no PostgreSQL and no DynamoDB behind them: the demo runs from npm alone. What
 * is real is the subsegment, member by member what the SDK's captures of `pg` and of the AWS SDK send.
 */
import AWSXRay from 'aws-xray-sdk-core';
import { chance, work } from './chance.js';
import { traceCall } from './tracing.js';

export const databaseName = 'shop@postgres.internal';
export const cartTable = 'shop-carts';
const databaseUrl = 'postgresql://postgres.internal:5432/shop';

export function query(sanitizedQuery: string, medianMs: number, spread = 0.4): Promise<void> {
  return traceCall(databaseName, async (subsegment) => {
    subsegment.namespace = 'remote';
    const data = new AWSXRay.database.SqlData('16.4', 'pg', 'shop', databaseUrl, 'statement');
    subsegment.addSqlData({ ...data, sanitized_query: sanitizedQuery });
    await work(medianMs, spread);
  });
}

export function table(operation: 'GetItem' | 'PutItem' | 'DeleteItem'): Promise<void> {
  return traceCall('DynamoDB', async (subsegment) => {
    subsegment.namespace = 'aws';
    await work(operation === 'GetItem' ? 4 : 7);
    const retries = chance(0.02) ? 2 : 1;
    subsegment.addAttribute('aws', { operation, region: 'us-east-1', table_name: cartTable, retries });
    subsegment.addAttribute('http', { response: { status: 200 } });
  });
}
