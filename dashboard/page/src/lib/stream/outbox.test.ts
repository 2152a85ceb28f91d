import { expect, it } from 'vitest';
import { rows, seqs } from '../model/fixtures';
import type { SessionRow } from './envelope';
import type { FromWorker } from './link';
import { Outbox } from './outbox';

const session = (id: string, last_seq: number): SessionRow => ({ session_id: id, last_seq }) as SessionRow;

function outbox(limit?: number): { box: Outbox; sent: FromWorker[] } {
  const sent: FromWorker[] = [];
  return { box: new Outbox((message) => sent.push(message), limit), sent };
}

it('sends at once what comes first, and the rest together when asked', () => {
  const { box, sent } = outbox();
  box.rows(rows(1, 1));
  box.rows(rows(2, 3));
  box.sessions([session('a', 2)]);
  box.sessions([session('a', 3), session('b', 3)]);
  expect(sent).toHaveLength(1);
  box.more();
  expect(sent.map(({ rows }) => seqs(rows))).toEqual([[1], [2, 3]]);
  expect(sent[1]?.sessions).toEqual([session('a', 3), session('b', 3)]);
  box.more();
  expect(sent).toHaveLength(2);
  box.rows(rows(4, 4));
  expect(sent).toHaveLength(3);
});

it('forgets the oldest above its limit and says which', () => {
  const { box, sent } = outbox(10);
  box.rows(rows(1, 1));
  box.rows(rows(2, 15));
  box.rows(rows(16, 20));
  box.more();
  expect(seqs(sent[1]?.rows ?? [])).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  expect(sent[1]?.gaps).toEqual([{ from: 2, to: 10 }]);
});

it('says nothing of an earlier start', () => {
  const { box, sent } = outbox();
  box.restart(1);
  box.rows(rows(1, 1));
  box.rows(rows(2, 2));
  box.restart(2);
  box.hello(9, 2, '1.0');
  expect(sent.map(({ run, rows }) => [run, rows.length])).toEqual([[1, 1], [2, 0]]);
});
