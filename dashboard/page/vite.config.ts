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

export default defineConfig({
  plugins: [svelte({ configFile: false }), paintAfterScript],
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
