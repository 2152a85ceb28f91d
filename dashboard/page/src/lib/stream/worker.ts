/** Runs beside the page: keeps the stream's connection, decodes it and makes rows of it. */

import { toRow, type Row } from '../model/row';
import { Connection, type Socket } from './connection';
import type { Envelope } from './envelope';
import type { FromWorker, ToWorker } from './link';
import { Outbox } from './outbox';

/** The part of a worker's global scope that is used; the page's own types know only windows. */
interface Scope {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}
const scope = self as unknown as Scope;

/** What a type means the page knows by itself: it need not travel with each row. */
function bare(envelope: Envelope): Row {
  const row = toRow(envelope);
  row.kind = undefined as unknown as Row['kind'];
  return row;
}

const outbox = new Outbox((message) => scope.postMessage(message));
let address = '';
const connection = new Connection({
  open: (since) => {
    const socket = new WebSocket(`${address}&since=${since}`, 'tailhook.v1.msgpack');
    socket.binaryType = 'arraybuffer';
    return socket as unknown as Socket;
  },
  onEvents: (events) => outbox.rows(events.map(bare)),
  onSessions: (sessions) => outbox.sessions(sessions),
  onGap: (from, to) => outbox.gap(from, to),
  onHello: (seq, since, version) => outbox.hello(seq, since, version),
  onState: (state) => outbox.state(state),
  onRefused: () => outbox.refused(),
});

scope.onmessage = ({ data }) => {
  switch (data.do) {
    case 'start':
      address = data.address;
      outbox.restart(data.run);
      connection.start(data.since);
      break;
    case 'stop':
      connection.stop();
      break;
    case 'nudge':
      connection.nudge();
      break;
    case 'more':
      outbox.more();
      break;
  }
};
