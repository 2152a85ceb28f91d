/** Files as a tree of folders; folders with one child are written in one line. */

import type { ApiFile } from '../stream/session-api';

export interface TreeLine {
  key: string;
  depth: number;
  name: string;
  file: ApiFile | null;
}

interface Folder {
  folders: Map<string, Folder>;
  files: { name: string; file: ApiFile }[];
}

/** Paths below `root` are written without it. */
export function fileTree(files: readonly ApiFile[], root = ''): TreeLine[] {
  const within = root === '' ? '' : `${root.replace(/[/\\]+$/, '')}/`;
  const top: Folder = { folders: new Map(), files: [] };
  for (const file of files) {
    const path = within !== '' && file.path.startsWith(within) ? file.path.slice(within.length) : file.path;
    const parts = path.split(/[/\\]/).filter(Boolean);
    const name = parts.pop() ?? file.path;
    let folder = top;
    for (const part of parts) {
      let next = folder.folders.get(part);
      if (!next) folder.folders.set(part, (next = { folders: new Map(), files: [] }));
      folder = next;
    }
    folder.files.push({ name, file });
  }
  const lines: TreeLine[] = [];
  const visit = (folder: Folder, depth: number, path: string): void => {
    for (const [name, child] of [...folder.folders].sort(([a], [b]) => (a < b ? -1 : 1))) {
      let joined = name;
      let inner = child;
      while (inner.files.length === 0 && inner.folders.size === 1) {
        const [[only, next]] = [...inner.folders] as [[string, Folder]];
        joined += `/${only}`;
        inner = next;
      }
      lines.push({ key: `${path}/${joined}/`, depth, name: joined, file: null });
      visit(inner, depth + 1, `${path}/${joined}`);
    }
    for (const { name, file } of folder.files.sort((a, b) => (a.name < b.name ? -1 : 1))) lines.push({ key: file.path, depth, name, file });
  };
  visit(top, 0, '');
  return lines;
}

/** Lines of a unified diff as the page draws them. */
export function patchLines(patch: string): { sign: ' ' | '-' | '+' | '@'; text: string }[] {
  return patch
    .replace(/\n$/, '')
    .split('\n')
    .filter((line) => !/^(---|\+\+\+) /.test(line))
    .map((line) => {
      const sign = line[0];
      if (sign === '+' || sign === '-' || sign === '@') return { sign, text: sign === '@' ? line : line.slice(1) };
      return { sign: ' ', text: line.slice(1) };
    });
}
