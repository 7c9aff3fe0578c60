// What the theme tells the browser around the page.
import { act, render } from '@testing-library/react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { surfaces } from './palette';
import { useThemeChoice } from './theme-mode';
import type { ThemeChoice } from './theme-mode';
import { ThemeProvider } from './theme-provider';

const metas = () => [...document.head.querySelectorAll('meta[name="theme-color"]')];

beforeEach(() => {
  for (const scheme of ['light', 'dark']) {
    const meta = document.createElement('meta');
    meta.name = 'theme-color';
    meta.media = `(prefers-color-scheme: ${scheme})`;
    document.head.append(meta);
  }
});
afterEach(() => metas().forEach((meta) => meta.remove()));

it('gives the bar of the browser the colour of the page that was chosen, whatever the system has', () => {
  let choose: (choice: ThemeChoice) => void = () => undefined;
  function Choice() {
    const [, set] = useThemeChoice();
    return <button ref={() => void (choose = set)} />;
  }
  render(
    <ThemeProvider>
      <Choice />
    </ThemeProvider>,
  );
  for (const mode of ['dark', 'light'] as const) {
    act(() => choose(mode));
    expect(metas().map((meta) => meta.getAttribute('content'))).toEqual([
      surfaces[mode].page,
      surfaces[mode].page,
    ]);
  }
});
