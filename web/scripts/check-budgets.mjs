// Fails when the build is larger than it may be. Reads Vite's manifest, follows static imports from
// an entry and adds up the gzip size of scripts and styles that its first paint needs.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const manifestFile = new URL('.vite/manifest.json', dist);

if (!existsSync(manifestFile)) {
  console.error('No build found. Run `npm run build` first.');
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));

const sizes = new Map();
function gzipSize(file) {
  if (!sizes.has(file))
    sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length);
  return sizes.get(file);
}

// Every file that the given chunks load before they run.
function filesOf(keys) {
  const files = new Set();
  const seen = new Set();
  const visit = (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    const chunk = manifest[key];
    if (chunk === undefined) throw new Error(`The manifest has no chunk "${key}"`);
    files.add(chunk.file);
    for (const css of chunk.css ?? []) files.add(css);
    for (const next of chunk.imports ?? []) visit(next);
  };
  keys.forEach(visit);
  return files;
}

const sum = (files) => [...files].reduce((total, file) => total + gzipSize(file), 0);
const shell = ['index.html'];
const page = (name) => [...shell, `src/app/pages/${name}.tsx`];
const kilobytes = (bytes) => Math.round(bytes / 102.4) / 10;

// What is loaded later from a folder, beyond what its page has already.
function lazyChunk(folder, pageName) {
  const pageFiles = filesOf(page(pageName));
  const lazy = Object.keys(manifest).filter(
    (key) => key.startsWith(folder) && manifest[key].isDynamicEntry,
  );
  if (lazy.length === 0) throw new Error(`Nothing in ${folder} is a chunk of its own`);
  const files = new Set(
    lazy.flatMap((key) => [...filesOf([key])]).filter((file) => !pageFiles.has(file)),
  );
  return sum(files);
}

function fontsOnFirstLoad() {
  const assets = readdirSync(new URL('assets/', dist));
  const latin = assets.filter((file) => /inter-latin-(wght|standard)-normal.*\.woff2$/.test(file));
  return latin.reduce((total, file) => total + statSync(new URL(`assets/${file}`, dist)).size, 0);
}

// Limits in KB: gzip for code, as stored for fonts (they are compressed already).
const budgets = [
  { name: 'shell', limit: 190, size: () => sum(filesOf(shell)) },
  { name: 'sign-in', limit: 230, size: () => sum(filesOf(page('sign-in-page'))) },
  { name: 'home', limit: 250, size: () => sum(filesOf(page('home-page'))) },
  {
    name: 'dashboard without Recharts',
    limit: 250,
    size: () => sum(filesOf(page('dashboard-page'))),
  },
  { name: 'dataset', limit: 250, size: () => sum(filesOf(page('dataset-page'))) },
  { name: 'upload', limit: 250, size: () => sum(filesOf(page('upload-page'))) },
  { name: 'explore without Recharts', limit: 250, size: () => sum(filesOf(page('explore-page'))) },
  { name: 'SQL without its editor', limit: 250, size: () => sum(filesOf(page('sql-page'))) },
  { name: 'model without its editor', limit: 250, size: () => sum(filesOf(page('model-page'))) },
  { name: 'views', limit: 240, size: () => sum(filesOf(page('views-page'))) },
  {
    name: 'view without its editor',
    limit: 250,
    size: () => sum(filesOf([...page('views-page'), 'src/features/models/views/view-page.tsx'])),
  },
  {
    name: 'Recharts chunk',
    limit: 105,
    size: () => lazyChunk('src/charts/recharts/', 'dashboard-page'),
  },
  {
    name: 'CodeMirror chunk',
    limit: 130,
    size: () => lazyChunk('src/features/sql/editor/', 'sql-page'),
  },
  {
    name: 'editor of models',
    limit: 150,
    size: () => lazyChunk('src/features/models/text/', 'model-page'),
  },
  { name: 'font on first load', limit: 50, size: fontsOnFirstLoad },
];

let failed = false;
for (const { name, limit, size } of budgets) {
  const measured = kilobytes(size());
  const over = measured > limit;
  failed ||= over;
  console.log(
    `${over ? 'OVER ' : 'ok   '}${name.padEnd(28)}${String(measured).padStart(7)} KB of ${limit} KB`,
  );
}
process.exit(failed ? 1 : 0);
