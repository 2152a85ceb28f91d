/**
 * One row of the list as plain elements that are made once and written to again and again. A list that scrolls through
 * thousands of rows a second has no time for a component each; what changed since the last time is all that is touched.
 */

import { clockTime, duration, elapsed } from '../model/format';
import type { Row } from '../model/row';
import { ICONS, type IconName } from './icons';
import { sessionMark } from './session-hue';

export interface RowContext {
  now: number;
  /** The row that the keyboard stands on. */
  cursor: number | null;
  /** One row for each call. */
  folded: boolean;
  /** Rows of several sessions: each says whose it is. */
  nameSession: ((id: string) => string) | null;
}

const SVG = 'http://www.w3.org/2000/svg';

export class RowElement {
  readonly element = document.createElement('div');
  readonly #time = part('time');
  readonly #tag = part('tag');
  readonly #icon = part('icon');
  readonly #path = document.createElementNS(SVG, 'path');
  readonly #label = part('label');
  readonly #summary = part('summary');
  readonly #agent = part('agent');
  readonly #word = part('word');
  readonly #took = part('took');
  readonly #written = new Map<string, string>();
  /** Shows a call that is still open: its time goes on. */
  ticking = false;

  constructor() {
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', '0 0 16 16');
    svg.setAttribute('aria-hidden', 'true');
    svg.append(this.#path);
    this.#icon.append(svg);
    this.element.setAttribute('role', 'option');
    // More are in the store than anybody counts here; a number that grows would touch every row with every event.
    this.element.setAttribute('aria-setsize', '-1');
    this.element.dataset['testid'] = 'event-row';
    this.element.append(this.#time, this.#tag, this.#icon, this.#label, this.#summary, this.#agent, this.#word, this.#took);
  }

  paint(row: Row, index: number, context: RowContext): void {
    const { folded, nameSession } = context;
    const span = row.kind.phase === 'start' ? row.span : undefined;
    const outcome = span?.outcome;
    const open = outcome === 'running' || outcome === 'waiting';
    const waits = outcome === 'waiting';
    const failed = row.failed || (folded && outcome === 'failed');
    const icon = failed ? 'failed' : folded && outcome ? OUTCOME_ICONS[outcome] : row.kind.icon;
    const selected = context.cursor === row.seq;
    this.ticking = open;

    this.#attribute('id', `row-${row.seq}`);
    this.#attribute('data-seq', String(row.seq));
    this.#attribute('data-type', row.type);
    this.#attribute('aria-selected', String(selected));
    this.#attribute('aria-posinset', String(index + 1));
    const classes = [`row about-${row.kind.group}`, row.tool ? 'code' : '', failed ? 'failed' : '', selected ? 'selected' : '', icon === 'done' ? 'good' : ''];
    this.#attribute('class', [...classes, waits ? 'waits' : open ? 'open' : '', row.odd ? 'odd' : '', nameSession ? 'named' : ''].filter(Boolean).join(' '));
    this.#text('time', this.#time, clockTime(row.at));
    this.#text('tag', this.#tag, nameSession ? nameSession(row.session) : '');
    if (nameSession) this.#class('tagged', this.#tag, `tag hue${sessionMark(row.session)}`);
    this.#draw(icon);
    this.#text('label', this.#label, row.label);
    this.#text('summary', this.#summary, row.summary);
    this.#text('agent', this.#agent, row.agentId ? `↳ ${row.agentType || 'subagent'}` : '');
    this.#text('word', this.#word, row.odd ? 'incomplete' : failed ? 'failed' : waits ? 'waits' : open ? 'running' : outcome === 'denied' ? 'denied' : '');
    this.#text('took', this.#took, tookText(row, context));
  }

  #draw(name: string): void {
    const path = ICONS[name as IconName] ?? ICONS.dot;
    if (this.#changed('icon', path)) this.#path.setAttribute('d', path);
  }

  #text(key: string, element: HTMLElement, text: string): void {
    if (this.#changed(key, text)) element.textContent = text;
  }

  #class(key: string, element: HTMLElement, name: string): void {
    if (this.#changed(key, name)) element.className = name;
  }

  #attribute(name: string, value: string): void {
    if (this.#changed(name, value)) this.element.setAttribute(name, value);
  }

  #changed(key: string, value: string): boolean {
    if (this.#written.get(key) === value) return false;
    this.#written.set(key, value);
    return true;
  }
}

const OUTCOME_ICONS = { running: 'start', waiting: 'ask', ok: 'done', failed: 'failed', denied: 'denied', lost: 'end' } as const;

function part(name: string): HTMLElement {
  const element = document.createElement('span');
  element.className = name;
  return element;
}

function tookText(row: Row, { now, folded }: RowContext): string {
  if (row.durationMs !== undefined) return duration(row.durationMs);
  const span = row.kind.phase === 'start' ? row.span : undefined;
  if (!span) return '';
  if (span.outcome === 'running' || span.outcome === 'waiting') return elapsed(now - span.start);
  if (!folded) return '';
  if (span.outcome === 'lost') return 'no end';
  return duration(span.durationMs ?? (span.end ?? Number.NaN) - span.start);
}
