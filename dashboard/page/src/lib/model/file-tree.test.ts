import { expect, it } from 'vitest';
import type { ApiFile } from '../stream/session-api';
import { fileTree, patchLines } from './file-tree';

const file = (path: string): ApiFile => ({ path, reads: 1, writes: 0, edits: 0, last_at: '', last_seq: 1, agents: [''] });

it('writes folders with one child in one line', () => {
  const lines = fileTree(['/home/dev/shop/src/app.js', '/home/dev/shop/src/login.js', '/home/dev/shop/test/a.js', '/home/dev/shop/package.json'].map(file));
  expect(lines.map(({ depth, name, file: leaf }) => `${'  '.repeat(depth)}${name}${leaf ? '' : '/'}`)).toEqual([
    'home/dev/shop/',
    '  src/',
    '    app.js',
    '    login.js',
    '  test/',
    '    a.js',
    '  package.json',
  ]);
});

it('leaves out the folder that the session works in', () => {
  const lines = fileTree(['/home/dev/shop/src/app.js', '/etc/hosts'].map(file), '/home/dev/shop/');
  expect(lines.map(({ name }) => name)).toEqual(['etc', 'hosts', 'src', 'app.js']);
});

it('takes a unified diff apart', () => {
  expect(patchLines('--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n').map(({ sign, text }) => sign + text)).toEqual(['@@@ -1,2 +1,2 @@', ' same', '-old', '+new']);
});
