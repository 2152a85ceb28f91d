import { expect, it } from 'vitest';
import { decodeMessage } from './envelope';

it('sorts a message by what it is about', () => {
  const batch = decodeMessage(
    JSON.stringify([
      { type: 'system.hello', data: { seq: 7, version: '1.2' } },
      { type: 'hook.stop', timestamp: 't', seq: 8, session_id: 's', agent: 'codex', data: { summary: 'x' } },
      { type: 'deploy.done', seq: 9 },
      { type: 'system.session', data: { session_id: 's', state: 'working' } },
      { type: 'system.gap', data: { from: 3, to: 5 } },
      { type: 'system.news' },
    ]),
  );
  expect(batch.hello).toEqual({ seq: 7, version: '1.2' });
  expect(batch.events.map(({ type }) => type)).toEqual(['hook.stop', 'deploy.done']);
  expect(batch.events[1]).toEqual({ type: 'deploy.done', seq: 9, timestamp: '', session_id: '', agent: '', data: {} });
  expect(batch.sessions).toHaveLength(1);
  expect(batch.gaps).toEqual([{ from: 3, to: 5 }]);
});

it.each(['', 'nonsense', 'null', '[null,1,"x",{}]', '[{"type":"hook.x"}]', '[{"type":"hook.x","seq":"1"}]', '{"type":5}'])('takes %s for nothing', (text) => {
  expect(decodeMessage(text)).toEqual({ events: [], sessions: [], gaps: [] });
});
