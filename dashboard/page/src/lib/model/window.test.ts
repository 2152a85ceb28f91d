import { describe, expect, it } from 'vitest';
import { post, pre, row, rows, seqs } from './fixtures';
import { foldsIntoCall } from './filter';
import { EventWindow } from './window';

function loaded(from: number, to: number, limit?: number): EventWindow {
  const window = new EventWindow(limit);
  window.replace(rows(from, to), from > 1 ? from : null, null);
  return window;
}

describe('live', () => {
  it('appends in order and once', () => {
    const window = loaded(1, 3);
    window.append(rows(4, 5));
    window.append(rows(4, 6));
    expect(seqs(window.visible)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('keeps aside what comes before the first page is there', () => {
    const window = new EventWindow();
    window.append(rows(4, 6));
    expect(window.rows).toEqual([]);
    window.replace(rows(3, 5), 3, null);
    expect(seqs(window.rows)).toEqual([3, 4, 5, 6]);
  });

  it('does not join where rows kept aside had to be given up', () => {
    const window = new EventWindow();
    window.append(rows(10, 3_009));
    window.replace(rows(1, 9), null, null);
    expect(window.attached).toBe(false);
    expect(window.newer).toBe(9);
    window.insertNewer(rows(10, 2_000), null);
    expect(seqs(window.rows)).toEqual(seqs(rows(1, 3_009)));
  });

  it('does not join over a gap', () => {
    const window = new EventWindow();
    window.missHeld(20);
    window.append(rows(21, 22));
    window.replace(rows(1, 9), null, null);
    expect(window.attached).toBe(false);
  });
});

describe('pages', () => {
  it('grows at either side without doubling', () => {
    const window = loaded(10, 12);
    window.insertOlder(rows(7, 10), 7);
    expect(seqs(window.rows)).toEqual([7, 8, 9, 10, 11, 12]);
    expect(window.older).toBe(7);
    window.insertOlder(rows(1, 6), null);
    expect(window.older).toBeNull();
  });

  it('fills a gap in the middle, and takes nothing from beyond its sides', () => {
    const window = loaded(5, 6);
    window.append(rows(9, 10));
    window.merge(rows(3, 9));
    expect(seqs(window.rows)).toEqual([5, 6, 7, 8, 9, 10]);
  });

  it('pairs calls across pages', () => {
    const window = new EventWindow();
    window.setTest((each) => !foldsIntoCall(each));
    window.replace([post(2, 'a')], 2, null);
    expect(seqs(window.visible)).toEqual([2]);
    window.insertOlder([pre(1, 'a')], null);
    expect(seqs(window.visible)).toEqual([1]);
  });

  it('takes a start that its end overtook', () => {
    const window = loaded(1, 1);
    window.setTest((each) => !foldsIntoCall(each));
    window.append([post(2, 'a')]);
    window.append([pre(3, 'a')]);
    expect(seqs(window.visible)).toEqual([1, 3]);
  });
});

describe('limit', () => {
  it('gives up the beginning while following', () => {
    const window = loaded(1, 10, 10);
    window.append(rows(11, 15));
    expect(seqs(window.rows)).toEqual(seqs(rows(6, 15)));
    expect(window.older).toBe(6);
  });

  it('gives up the end while somebody reads further up', () => {
    const window = loaded(1, 10, 10);
    window.following = false;
    window.append(rows(11, 15));
    expect(seqs(window.rows)).toEqual(seqs(rows(1, 10)));
    expect(window.newer).toBe(10);
    window.append(rows(16, 17));
    expect(window.lastSeq).toBe(10);
  });

  it('comes back to the end page by page', () => {
    const window = loaded(11, 20, 10);
    window.insertOlder(rows(6, 10), 6);
    expect([window.rows[0]?.seq, window.lastSeq, window.newer]).toEqual([6, 15, 15]);
    window.append(rows(21, 21));
    window.insertNewer(rows(16, 20), null);
    expect([window.rows[0]?.seq, window.lastSeq, window.attached]).toEqual([12, 21, true]);
  });
});

it('finds where a seq stands or would stand', () => {
  const window = new EventWindow();
  window.replace([row({ seq: 2 }), row({ seq: 5 }), row({ seq: 9 })], null, null);
  expect([1, 2, 3, 5, 9, 10].map((seq) => window.indexOf(seq))).toEqual([0, 0, 1, 1, 2, 3]);
});
