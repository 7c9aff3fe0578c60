// Build and development server. The production build is embedded in the Rust server, so it has
// hashed assets under /assets, a manifest for preload hints and budgets, and no inline code.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
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

// Puts a packed copy beside every script and style. The server sends those as they are; without them it would pack
// every file again for every visitor, on the cores that answer queries. Browsers take brotli over HTTPS and from
// localhost, gzip everywhere.
function packedCopies(): Plugin {
  return {
    name: 'packed-copies',
    apply: 'build',
    writeBundle({ dir }, bundle) {
      if (dir === undefined) return;
      for (const name of Object.keys(bundle).filter((file) => /\.(js|css)$/.test(file))) {
        const file = path.join(dir, name);
        const content = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(content));
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

// Fields are outlined here, everywhere. MUI's TextField and Select import their two other looks as well, 2 KB of every page
// that has a field; whoever uses one of them is told so by the first drawing.
function outlinedFieldsOnly(): Plugin {
  const unused = '\0unused-look-of-a-field';
  return {
    name: 'outlined-fields-only',
    apply: 'build',
    enforce: 'pre',
    resolveId(source, importer) {
      const asks = /@mui\/material\/(TextField|Select)\/[^/]+\.mjs$/.test(importer ?? '');
      const other = /^\.\.\/(Input|FilledInput)\//.test(source);
      return asks && other ? unused : null;
    },
    load(id) {
      if (id !== unused) return null;
      return `export default function Unused() { throw new Error('Only outlined fields are built, see vite.config.ts'); }`;
    },
  };
}

export default defineConfig({
  plugins: [react(), packedCopies(), outlinedFieldsOnly(), ...(mocked ? [mockWorker()] : [])],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    manifest: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The first script names every chunk that a page needs: 42 bits tell two contents of one name apart, and what is longer
    // everybody downloads who signs in.
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/[name]-[hash:7].js',
        chunkFileNames: 'assets/[name]-[hash:7].js',
        // What the first script needs is one file of libraries, which stays the same from build to build, and one of ours:
        // cut at every point that some later chunk shares, it was 30 files and 9 KB more, packed one by one and all of them
        // named in the first script. Only that: a page's own modules are cut by who needs them.
        codeSplitting: {
          groups: [
            { name: 'libraries', tags: ['$initial'], test: /node_modules/ },
            { name: 'shell', tags: ['$initial'] },
          ],
        },
      },
    },
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
