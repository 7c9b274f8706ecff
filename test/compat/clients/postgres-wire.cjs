/** The little of PostgreSQL's wire protocol that a client needs to connect and to have each statement answered with one row. */
const { once } = require('node:events');
const { createServer } = require('node:net');

const int = (bytes, value) => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
};
const text = (value) => Buffer.from(`${value}\0`);
const message = (type, ...parts) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int(4, body.length + 4), body]);
};
const ready = message('Z', Buffer.from('I'));
/** Authentication is over; 0 asks for none. */
const welcome = Buffer.concat([message('R', int(4, 0)), message('S', text('server_version'), text('17.0')), ready]);
const textType = 25;
const column = Buffer.concat([text('total'), int(4, 0), int(2, 0), int(4, textType), int(2, -1), int(4, -1), int(2, 0)]);
const answer = Buffer.concat([
  message('T', int(2, 1), column),
  message('D', int(2, 1), int(4, 2), Buffer.from('42')),
  message('C', text('SELECT 1')),
  ready,
]);

async function startPostgres() {
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(welcome);
      socket.on('data', (data) => {
        if (data[0] === 'Q'.charCodeAt(0)) socket.write(answer);
      });
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

module.exports = { startPostgres };
