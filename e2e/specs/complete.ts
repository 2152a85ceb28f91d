// "Complete" in one place: the store holds exactly what the witness saw, and subscribers were sent exactly what is stored.
import { createHash } from 'node:crypto';
import { expect } from '@playwright/test';
import type { Witness } from '../agent/witness.ts';
import { type Envelope, isOfAnAgent } from '../tailhook/api.ts';
import type { Daemon } from '../tailhook/daemon.ts';
import type { Subscriber } from '../tailhook/subscriber.ts';

const FENCE = 'e2e-fence';

/** Waits until everything seen so far is stored; the events in order of `seq`. */
export async function expectStoreHoldsWhatWasSeen(daemon: Daemon, witness: Witness): Promise<Envelope[]> {
  const api = await daemon.api();
  const seen = (await witness.testimonies()).map(({ bytes }) => fingerprint(bytes));
  // What the daemon found out itself, say that a client's process is gone, no hook was told.
  const stored = async () =>
    (await api.events()).filter(({ session_id, agent }) => session_id !== FENCE && agent !== 'tailhook');
  // Not an end in itself: when it waits in vain, the comparison below tells which event is missing.
  await expect
    .poll(async () => (await stored()).length)
    .toBeGreaterThanOrEqual(seen.length)
    .catch(() => undefined);
  // An event sent now is stored after all that the journal took before it, so what comes twice has come by then.
  await daemon.command(['emit', '--session', FENCE]);
  const events = await stored();
  const kept = await Promise.all(events.map(async ({ seq }) => fingerprint(await api.raw(seq))));
  expect(kept.sort()).toEqual(seen.sort());
  return events;
}

/** Each event once, in order of `seq`, none that is not stored. */
export async function expectDelivered(subscriber: Subscriber, events: Envelope[]): Promise<void> {
  const sent = () => subscriber.events.filter((event) => event.session_id !== FENCE && isOfAnAgent(event));
  await expect.poll(() => sent().length, { message: 'events delivered' }).toBeGreaterThanOrEqual(events.length);
  expect(sent().map(identity)).toEqual(events.map(identity));
  expect(subscriber.system.map(({ type }) => type)).not.toContain('system.gap');
}

export function identity({ seq, type, session_id, agent, timestamp }: Envelope): object {
  return { seq, type, session_id, agent, timestamp };
}

/** Enough to tell which event differs, and the digest to tell that it does. */
function fingerprint(bytes: Buffer): string {
  const { session_id, hook_event_name, tool_use_id } = JSON.parse(bytes.toString('utf8')) as Record<string, string>;
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return [session_id, hook_event_name, tool_use_id ?? '-', bytes.length, digest].join(' ');
}
