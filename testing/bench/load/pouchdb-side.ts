// A CouchDB-like server in a process of its own: express-pouchdb on Express 4 and LevelDB. Arguments: data folder, durability.
import { createServer } from 'node:http';
import { join } from 'node:path';
import express from 'express';
import serve from 'express-pouchdb';
import PouchDB from 'pouchdb';
import { durableLevel } from './durable-level.ts';

const [folder = '', durability = 'durable'] = process.argv.slice(2);
const Stored = PouchDB.defaults({
  prefix: join(folder, 'server-'),
  ...(durability === 'durable' ? { db: durableLevel } : {}),
});
const application = express();
application.use(
  '/',
  serve(Stored, { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: join(folder, 'log.txt') }),
);
const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 600_000 }, application);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
process.once('disconnect', () => process.exit());
