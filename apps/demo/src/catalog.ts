/** Products, out of the database. Searching is the shop's slow spot: now and then a query goes over the whole table. */
import { chance, work } from './chance.js';
import type { Answer, Call } from './server.js';
import { query } from './stores.js';
import type { ServiceIdentity } from './tracing.js';

export const catalog: ServiceIdentity = { name: 'catalog', origin: 'AWS::ECS::Container', version: '1.8.2' };

/** Products that exist: /products/1 to /products/500. */
const productCount = 500;

export async function handleCatalog({ path, segment }: Call): Promise<Answer> {
  await work(3);
  const product = /^\/products\/(\d+)$/.exec(path)?.[1];
  if (product === undefined) return search();
  segment.addAnnotation('product_id', Number(product));
  await query('SELECT * FROM products WHERE id = ?', 3);
  if (Number(product) > productCount) return { status: 404, body: { message: 'no such product' } };
  return { status: 200, body: { id: Number(product), name: `Product ${product}` } };
}

async function search(): Promise<Answer> {
  const fullScan = chance(0.04);
  await query('SELECT id, name, price FROM products WHERE name ILIKE ? LIMIT 20', fullScan ? 450 : 12, 0.5);
  return { status: 200, body: { products: [] } };
}
