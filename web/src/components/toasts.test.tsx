// The toast queue: how many are shown, how long, and what becomes of an action that is or is not used.
import { act, fireEvent, screen, within } from '@testing-library/react';
import { useEffect } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { renderApp } from '@/testing/render-app';
import { Dialog } from './dialog';
import { useToasts } from './toast-slice';
import type { Toaster } from './toast-slice';

let toasts: Toaster;
const take = (toaster: Toaster) => {
  toasts = toaster;
};
function Taker() {
  const toaster = useToasts();
  useEffect(() => take(toaster), [toaster]);
  return null;
}

const shown = () => screen.queryAllByTestId('toast').map((toast) => toast.textContent);
const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));
const show = (...requests: Parameters<Toaster['show']>[0][]) =>
  act(() => requests.forEach((request) => toasts.show(request)));

describe('toasts', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    renderApp(<Taker />);
  });
  afterEach(() => vi.useRealTimers());

  it('shows three at once, the next when one has gone', () => {
    show(...['a', 'b', 'c', 'd'].map((message) => ({ message })));
    expect(shown()).toEqual(['a', 'b', 'c']);
    fireEvent.click(screen.getAllByRole('button', { name: 'Close message' })[1]!);
    expect(shown()).toEqual(['a', 'c', 'd']);
  });

  it('leaves after its time: errors later, and one without a time never', () => {
    show(
      { message: 'saved' },
      { message: 'failed', tone: 'error' },
      { message: 'stays', durationMs: null },
    );
    expect(screen.getByRole('alert')).toHaveTextContent('failed');
    pass(5_000);
    expect(shown()).toEqual(['failed', 'stays']);
    pass(7_000);
    expect(shown()).toEqual(['stays']);
    pass(600_000);
    expect(shown()).toEqual(['stays']);
  });

  it('waits while the pointer or the focus is on it', () => {
    show({ message: 'read me' });
    fireEvent.mouseEnter(screen.getByTestId('toast'));
    pass(60_000);
    expect(shown()).toEqual(['read me']);
    fireEvent.mouseLeave(screen.getByTestId('toast'));
    fireEvent.focus(screen.getByRole('button', { name: 'Close message' }));
    pass(60_000);
    expect(shown()).toEqual(['read me']);
    fireEvent.blur(screen.getByRole('button', { name: 'Close message' }));
    pass(5_000);
    expect(shown()).toEqual([]);
  });

  it('runs the action once and then not what follows an unused one', () => {
    const run = vi.fn();
    const onGone = vi.fn();
    show({ message: 'deleted', action: { label: 'Undo', run }, onGone });
    fireEvent.click(screen.getByRole('button', { name: 'Undo' }));
    pass(60_000);
    expect(run).toHaveBeenCalledOnce();
    expect(onGone).not.toHaveBeenCalled();
    expect(shown()).toEqual([]);
  });

  it.each([
    ['it is closed', () => fireEvent.click(screen.getByRole('button', { name: 'Close message' }))],
    ['its time is over', () => pass(8_000)],
  ])('goes through with the deed when %s', (_, leave) => {
    const run = vi.fn();
    const onGone = vi.fn();
    show({ message: 'deleted', action: { label: 'Undo', run }, onGone });
    expect(onGone).not.toHaveBeenCalled();
    leave();
    expect(onGone).toHaveBeenCalledOnce();
    expect(run).not.toHaveBeenCalled();
  });
});

describe('a toast beside a dialog', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());
  const open = (dialog: boolean) =>
    renderApp(
      <>
        <Taker />
        {dialog && (
          <Dialog title="Rows" onClose={() => undefined}>
            Words
          </Dialog>
        )}
      </>,
    );

  it('is heard in the dialog, which hides the page', () => {
    open(true);
    show({ message: 'Not loaded', tone: 'error' });
    pass(1_000);
    expect(within(screen.getByRole('dialog')).getByRole('status')).toHaveTextContent('Not loaded');
  });

  it('is heard once where there is none', () => {
    open(false);
    show({ message: 'Saved' });
    pass(1_000);
    expect(screen.getByRole('status')).toBeEmptyDOMElement();
    expect(screen.getByRole('region', { name: 'Messages' })).toHaveTextContent('Saved');
  });
});
