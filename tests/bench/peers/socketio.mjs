// The peer of a connector: socket.io with its adapter for Redis streams, as its documentation has it.
// Clients join rooms, and acknowledge pushes; an acknowledgement is kept in Redis.
//
//     node socketio.mjs PORT REDIS-PORT
import { createServer } from 'node:http';

import { createAdapter } from '@socket.io/redis-streams-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';

const [port, redisPort] = process.argv.slice(2);
const redis = await createClient({ url: `redis://127.0.0.1:${redisPort}` }).connect();
const server = createServer();
const io = new Server(server, { adapter: createAdapter(redis), perMessageDeflate: false });

io.of('/demo').on('connection', (socket) => {
  const { uuid, userid } = socket.handshake.query;
  socket.join(`user_${userid}`);
  socket.on('joinRoom', (rooms, answer) => {
    socket.join(rooms);
    answer();
  });
  socket.on('ackPush', ({ id }) => redis.sAdd(`bench-ack:${id}`, uuid));
  socket.emit('ok', { uuid });
});
server.listen(Number(port), '127.0.0.1', 4096, () => console.log('listening'));
