// The peer of the push API: express, which gives what it is asked to push to the adapter's stream.
// It answers without waiting for Redis and stores nothing else: no record, no history.
//
//     node endpoint.mjs PORT REDIS-PORT USER PASSWORD
import { createAdapter } from '@socket.io/redis-streams-adapter';
import express from 'express';
import { createClient } from 'redis';
import { Server } from 'socket.io';

const [port, redisPort, user, password] = process.argv.slice(2);
const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const redis = await createClient({ url: `redis://127.0.0.1:${redisPort}` }).connect();
const io = new Server({ adapter: createAdapter(redis) });
const rooms = io.of('/demo');
let last = 0;

function push({ room, pushData }) {
  const id = ++last;
  rooms.to(room).emit('push', { room, namespace: '/demo', pushData, sendDate: Date.now(), id });
  return { id };
}

const app = express();
app.use(express.json());
app.use((request, response, next) => {
  if (request.headers.authorization === wanted) next();
  else response.status(401).json({});
});
app.post('/push', (request, response) => response.json(push(request.body)));
app.post('/push/batch', (request, response) => response.json({ results: request.body.messages.map(push) }));
const server = app.listen(Number(port), '127.0.0.1', () => console.log('listening'));
// A kept connection may be quiet between two rounds.
Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
