// Takes an event by POST, stores it, and publishes it to every WebSocket: the straightforward way, in Bun, whose HTTP,
// SQLite and WebSocket are all native code. One commit per event, because the answer says that it is stored.
import { Database } from 'bun:sqlite';

const database = new Database(process.argv[2]!, { create: true });
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
database.exec(
  'CREATE TABLE event (seq INTEGER PRIMARY KEY, at INTEGER, session TEXT, type TEXT, payload TEXT NOT NULL) STRICT',
);
const insert = database.prepare('INSERT INTO event (at, session, type, payload) VALUES (?, ?, ?, ?)');

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  async fetch(request, server) {
    const path = new URL(request.url).pathname;
    if (path === '/stream') return server.upgrade(request) ? undefined : new Response('no WebSocket', { status: 400 });
    if (path === '/count') return Response.json(database.query('SELECT count(*) AS count FROM event').get());
    const text = await request.text();
    const event = JSON.parse(text) as { session_id: string; hook_event_name: string };
    const { lastInsertRowid } = insert.run(Date.now(), event.session_id, event.hook_event_name, text);
    server.publish('events', `{"seq":${lastInsertRowid},"type":"${event.hook_event_name}","payload":${text}}`);
    return new Response(null, { status: 202 });
  },
  websocket: {
    open: (socket) => socket.subscribe('events'),
    message: () => undefined,
  },
});
console.log(JSON.stringify({ port: server.port }));
