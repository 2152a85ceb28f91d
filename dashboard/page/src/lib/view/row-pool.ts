/** The rows in view, drawn by as few elements as fill it, in the order in which they are read. */

import type { Row } from '../model/row';
import { RowElement, type RowContext } from './row-element';

export class RowPool {
  #elements: RowElement[] = [];
  #first = 0;

  constructor(private readonly holder: HTMLElement) {}

  /** Some row shows a time that goes on. */
  get ticking(): boolean {
    return this.#elements.some(({ ticking }) => ticking);
  }

  paint(rows: readonly Row[], first: number, end: number, context: RowContext): void {
    this.#resize(end - first);
    this.#turn(first);
    for (const [offset, element] of this.#elements.entries()) {
      const row = rows[first + offset];
      if (row) element.paint(row, first + offset, context);
    }
  }

  #resize(count: number): void {
    while (this.#elements.length > count) this.#elements.pop()?.element.remove();
    while (this.#elements.length < count) {
      const element = new RowElement();
      this.#elements.push(element);
      this.holder.append(element.element);
    }
  }

  /** What scrolled out on one side comes in at the other, so that the others stay untouched. */
  #turn(first: number): void {
    const steps = first - this.#first;
    this.#first = first;
    const count = this.#elements.length;
    if (steps === 0 || Math.abs(steps) >= count) return;
    if (steps > 0) {
      const moved = this.#elements.splice(0, steps);
      this.#elements.push(...moved);
      this.holder.append(...moved.map(({ element }) => element));
    } else {
      const moved = this.#elements.splice(count + steps);
      this.#elements.unshift(...moved);
      this.holder.prepend(...moved.map(({ element }) => element));
    }
  }
}
