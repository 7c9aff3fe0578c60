// How long a dashboard takes to open: `npm run bench`, or `cargo xtask bench page`, which builds everything first. Apart
// from the tests, because tests never time; without traces and pictures, because they would be timed too.
import { defineConfig } from '@playwright/test';
import tests from './playwright.config';

export default defineConfig({
  ...tests,
  testMatch: '**/*.bench.ts',
  timeout: 180_000,
  use: { ...tests.use, trace: 'off', screenshot: 'off', colorScheme: 'light' },
  projects: [{ name: 'page', use: { viewport: { width: 1440, height: 900 } } }],
});
