/** Lines that went, came and stayed. */

export interface DiffLine {
  sign: ' ' | '-' | '+' | '~';
  text: string;
}

/** Comparing is quadratic; above this many lines on a side the middle is shown as all gone and all new. */
const MAX_COMPARED = 400;
const CONTEXT = 3;

export function diffLines(before: string, after: string): DiffLine[] {
  const old = before === '' ? [] : before.split('\n');
  const now = after === '' ? [] : after.split('\n');
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) {
    tail++;
  }
  const same = (text: string): DiffLine => ({ sign: ' ', text });
  return foldContext([
    ...old.slice(0, head).map(same),
    ...compareMiddle(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...old.slice(old.length - tail).map(same),
  ]);
}

function compareMiddle(old: string[], now: string[]): DiffLine[] {
  const gone = (text: string): DiffLine => ({ sign: '-', text });
  const come = (text: string): DiffLine => ({ sign: '+', text });
  if (old.length > MAX_COMPARED || now.length > MAX_COMPARED) return [...old.map(gone), ...now.map(come)];
  // lengths[i][j]: longest common run of lines of old[i..] and now[j..].
  const width = now.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      lengths[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push({ sign: ' ', text: old[i] ?? '' });
      i++;
      j++;
    } else if (i < old.length && (j >= now.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(gone(old[i++] ?? ''));
    } else {
      lines.push(come(now[j++] ?? ''));
    }
  }
  return lines;
}

/** Leaves three lines around what changed; `~` stands for the lines left out, its text is how many. */
function foldContext(lines: DiffLine[]): DiffLine[] {
  const near = new Array<boolean>(lines.length).fill(false);
  lines.forEach((line, index) => {
    if (line.sign !== ' ') near.fill(true, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  });
  const folded: DiffLine[] = [];
  for (let index = 0; index < lines.length; ) {
    if (near[index]) {
      folded.push(lines[index++] as DiffLine);
      continue;
    }
    const from = index;
    while (index < lines.length && !near[index]) index++;
    folded.push({ sign: '~', text: String(index - from) });
  }
  return folded;
}
