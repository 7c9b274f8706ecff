/** Kafka's own choice of a partition for a message with a key: murmur2, as the Java client has it. So a plain producer with keys agrees with us. */
const seed = 0x9747b28c;
const mixer = 0x5bd1e995;

export function partitionOfKey(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

function murmur2(bytes: Buffer): number {
  const { length } = bytes;
  const whole = length & ~3;
  let hash = seed ^ length;
  for (let i = 0; i < whole; i += 4) {
    let word = Math.imul(bytes.readInt32LE(i), mixer);
    word = Math.imul(word ^ (word >>> 24), mixer);
    hash = Math.imul(hash, mixer) ^ word;
  }
  if (length > whole) {
    for (let i = length - 1; i >= whole; i--) hash ^= (bytes[i] ?? 0) << (8 * (i - whole));
    hash = Math.imul(hash, mixer);
  }
  hash = Math.imul(hash ^ (hash >>> 13), mixer);
  return hash ^ (hash >>> 15);
}
