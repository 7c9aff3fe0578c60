// A page that is printed is light and as wide as on the screen, and is put back after that.
import { act, fireEvent, render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { useThemeChoice, useThemeMode } from './theme-mode';
import { ThemeProvider } from './theme-provider';

const root = document.documentElement;

function Painted() {
  const [, choose] = useThemeChoice();
  return (
    <>
      <p>painted {useThemeMode()}</p>
      <button onClick={() => choose('dark')}>Dark</button>
      <button onClick={() => choose('system')}>System</button>
    </>
  );
}

it('is light while it is printed, also what draws itself, and dark again after that', () => {
  render(
    <ThemeProvider>
      <main id="main">
        <Painted />
      </main>
    </ThemeProvider>,
  );
  fireEvent.click(screen.getByRole('button', { name: 'Dark' }));
  expect(screen.getByText('painted dark')).toBeVisible();
  expect(root).toHaveAttribute('data-theme', 'dark');
  act(() => {
    window.dispatchEvent(new Event('beforeprint'));
    // At once: the browser takes what is there when the event is over.
    expect(screen.getByText('painted light')).toBeVisible();
    expect(root).toHaveAttribute('data-theme', 'light');
    expect(root.style.getPropertyValue('--tm-paper-width')).toBe('800px');
  });
  act(() => void window.dispatchEvent(new Event('afterprint')));
  expect(screen.getByText('painted dark')).toBeVisible();
  expect(root).toHaveAttribute('data-theme', 'dark');
  expect(root.style.getPropertyValue('--tm-paper-width')).toBe('');
  fireEvent.click(screen.getByRole('button', { name: 'System' }));
});
