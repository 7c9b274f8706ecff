import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { readKernelDrops, sumDrops } from './kernel-drops.js';

const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  345: 0100007F:07D0 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20033 2 0000000000000000 17
  346: 00000000:07D0 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20034 2 0000000000000000 5
  347: 00000000000000000000000001000000:07D0 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 20035 2 0000000000000000 3
`;

describe('kernel drops', () => {
  it('are summed over our addresses and port only', () => {
    const seen: string[] = [];
    expect(sumDrops(table, (address, port) => seen.push(`${address}:${port}`) > 0 && address !== '0.0.0.0')).toBe(20);
    expect(seen).toEqual(['127.0.0.1:2000', '0.0.0.0:2000', '[::1]:2000']);
  });

  it.runIf(process.platform === 'linux')('grow when a real socket with a full buffer gets more', async () => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4_096 });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    expect(readKernelDrops(['127.0.0.1'], port)).toBe(0);
    // Nothing is received while this turn of the event loop sends.
    const sender = createSocket('udp4');
    sender.connect(port, '127.0.0.1');
    await once(sender, 'connect');
    const sent = Array.from({ length: 50 }, () => new Promise((resolve) => sender.send(Buffer.alloc(1_000), resolve)));
    expect(readKernelDrops(['127.0.0.1'], port)).toBeGreaterThan(0);
    await Promise.all(sent);
    sender.close();
    socket.close();
  });
});
