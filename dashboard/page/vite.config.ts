import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** The stored theme is applied by the script, so nothing may be painted before it ran. */
const paintAfterScript: Plugin = {
  name: 'paint-after-script',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
};

/** The daemon sends what is compressed here; compressing once, at its best, beats doing it for each reader. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  writeBundle({ dir }) {
    if (dir === undefined) return;
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      const file = join(dir, name);
      if (!/\.(js|css|html|svg)$/.test(name) || !statSync(file).isFile()) continue;
      const content = readFileSync(file);
      const smaller = gzipSync(content, { level: 9 });
      if (smaller.length < content.length) writeFileSync(`${file}.gz`, smaller);
    }
  },
};

export default defineConfig({
  // Cargo says which version it builds; a page that stands open while the daemon is replaced can tell then.
  define: { __VERSION__: JSON.stringify(process.env['CARGO_PKG_VERSION'] ?? '') },
  worker: { format: 'es' },
  plugins: [svelte({ configFile: false }), paintAfterScript, compressed],
  build: {
    // The daemon's content security policy allows no inline script, style or data other than images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    reportCompressedSize: true,
  },
  server: {
    // `npm run dev` shows the events of a daemon on its default port.
    proxy: {
      '^/(api|login)': {
        target: process.env['TAILHOOK_URL'] ?? 'http://127.0.0.1:8765',
        changeOrigin: true,
        ws: true,
        // The daemon takes no WebSocket from another origin than its own.
        rewriteWsOrigin: true,
      },
    },
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
