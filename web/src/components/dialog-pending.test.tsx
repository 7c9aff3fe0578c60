// A dialog whose code takes a while says so, to who looks and to who listens; one that is there soon shows nothing else first.
import { act, render, screen } from '@testing-library/react';
import { lazy, Suspense } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gate } from '@/testing/gate';
import { Announcer } from './announcer';
import { DialogPending } from './dialog-pending';

function draw(): () => void {
  const [opened, open] = gate();
  const Late = lazy(async () => {
    await opened;
    return { default: () => <p>Here it is</p> };
  });
  render(
    <>
      <Announcer />
      <Suspense fallback={<DialogPending />}>
        <Late />
      </Suspense>
    </>,
  );
  return open;
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a dialog on its way', () => {
  it('is said to be loading until it is here', async () => {
    const open = draw();
    await pass(200);
    expect(screen.getByText('Loading…')).toBeVisible();
    expect(screen.getByRole('progressbar', { name: 'Loading' })).toBeInTheDocument();
    await pass(500);
    expect(screen.getByRole('status')).toHaveTextContent('Loading');
    open();
    await pass(1_000);
    expect(screen.getByText('Here it is')).toBeVisible();
    expect(screen.queryByText('Loading…')).toBeNull();
    expect(screen.queryByTestId('dialog-pending')).toBeNull();
  });

  it('shows and says nothing where it is here soon', async () => {
    const open = draw();
    await pass(50);
    expect(screen.queryByText('Loading…')).toBeNull();
    open();
    await pass(1_000);
    expect(screen.getByText('Here it is')).toBeVisible();
    expect(screen.getByRole('status')).toBeEmptyDOMElement();
  });
});
