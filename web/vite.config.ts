// Build and development server. The production build is embedded in the Rust server, so it has
// hashed assets under /assets, a manifest for preload hints and budgets, and no inline code.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const server = process.env.TIDEMILL_URL ?? 'http://127.0.0.1:8080';
const mocked = process.env.VITE_MOCK === '1';

// Serves the request-interception worker in `npm run dev:mock`; it never reaches a build.
function mockWorker(): Plugin {
  return {
    name: 'mock-worker',
    apply: 'serve',
    configureServer(dev) {
      dev.middlewares.use('/mockServiceWorker.js', (_request, response) => {
        const file = createRequire(import.meta.url).resolve('msw/mockServiceWorker.js');
        response.setHeader('content-type', 'text/javascript');
        response.end(readFileSync(file));
      });
    },
  };
}

export default defineConfig({
  plugins: [react(), ...(mocked ? [mockWorker()] : [])],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    manifest: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: mocked
      ? {}
      : {
          '/api': { target: server, changeOrigin: false, ws: true },
          '/healthz': server,
          '/readyz': server,
        },
  },
  test: {
    environment: 'jsdom',
    environmentOptions: { jsdom: { url: 'http://localhost/' } },
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
    css: false,
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
