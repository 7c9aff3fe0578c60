// Browser tests against a running server: wide and phone screens, light and dark. The address and the
// browser come from the environment, so that the same tests run on any machine.
import { defineConfig, devices } from '@playwright/test';

const wide = { viewport: { width: 1440, height: 900 } };
const phone = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
  userAgent: devices['Pixel 7'].userAgent,
};

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // One file beside another: a browser's page keeps one core busy, and the machines that run this have two.
  fullyParallel: false,
  workers: 2,
  // What failed is run again to be recorded, and fails the run all the same: recording every test takes a quarter longer.
  retries: 1,
  failOnFlakyTests: true,
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list']],
  timeout: 120_000,
  expect: { timeout: 10_000, toHaveScreenshot: { maxDiffPixelRatio: 0.002 } },
  use: {
    baseURL: process.env.TIDEMILL_URL ?? 'http://127.0.0.1:8080',
    locale: 'en-GB',
    timezoneId: 'UTC',
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
    trace: 'on-first-retry',
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--font-render-hinting=none',
        '--force-color-profile=srgb',
      ],
    },
  },
  projects: [
    { name: 'wide-light', use: { ...wide, colorScheme: 'light' } },
    { name: 'wide-dark', use: { ...wide, colorScheme: 'dark' } },
    { name: 'phone-light', use: { ...phone, colorScheme: 'light' } },
    { name: 'phone-dark', use: { ...phone, colorScheme: 'dark' } },
  ],
});
