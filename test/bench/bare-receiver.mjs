/** The floor under receiving: a process that does nothing but take datagrams and parse them. Told to stop, it says its cost. */
import { createSocket } from 'node:dgram';

const headerBytes = '{"format":"json","version":1}\n'.length;
const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
let received = 0;
let before = process.cpuUsage();
socket.on('message', (bytes) => {
  if (received === 0) before = process.cpuUsage();
  JSON.parse(bytes.utf8Slice(headerBytes, bytes.length));
  received++;
});
socket.bind(0, '127.0.0.1', () => process.send({ port: socket.address().port }));
process.on('message', () => {
  const { user, system } = process.cpuUsage(before);
  process.send({ received, micros: (user + system) / Math.max(1, received) });
  socket.close();
  process.disconnect();
});
