import { randomBytes } from 'node:crypto';
import { groupIdLength } from '@fluoroscope/contract/groups';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** As AWS's look: 52 letters and digits of base 32. */
export function newGroupId(): string {
  return Array.from(randomBytes(groupIdLength), (byte) => letters[byte % letters.length]).join('');
}
