// The error boundary: one broken part does not take the rest along, can be tried again, and a chunk
// of an older version reloads the page once and no more.
import { screen } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { renderApp } from '@/testing/render-app';
import { ErrorBoundary } from './error-boundary';

let failure: Error | null = null;
function Part() {
  if (failure) throw failure;
  return <p>works</p>;
}

const reload = vi.fn();
const missingChunk = () => new TypeError('Failed to fetch dynamically imported module: /a.js');
const open = (resetKey = 'a') =>
  renderApp(
    <>
      <p>the rest</p>
      <ErrorBoundary resetKey={resetKey}>
        <Part />
      </ErrorBoundary>
    </>,
  );

describe('error boundary', () => {
  beforeEach(() => {
    failure = null;
    sessionStorage.clear();
    reload.mockReset();
    // React reports what it caught; the report is not what is tested.
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    vi.stubGlobal('location', { ...window.location, reload });
    return () => vi.unstubAllGlobals();
  });

  it('draws what works', () => {
    open();
    expect(screen.getByText('works')).toBeInTheDocument();
  });

  it('says what broke and leaves the rest alone', () => {
    failure = new RangeError('no such bucket');
    open();
    expect(screen.getByText('the rest')).toBeInTheDocument();
    expect(screen.getByText('This part of the page stopped working')).toBeInTheDocument();
    expect(screen.getByText('RangeError: no such bucket')).toBeInTheDocument();
    expect(reload).not.toHaveBeenCalled();
  });

  it('draws again when asked to', async () => {
    failure = new Error('once');
    const { user } = open();
    failure = null;
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(screen.getByText('works')).toBeInTheDocument();
  });

  it('forgets the failure with the page it belonged to', () => {
    failure = new Error('on this page');
    const boundary = (path: string) => (
      <ErrorBoundary dense resetKey={path}>
        <Part />
      </ErrorBoundary>
    );
    const { rerender } = renderApp(null);
    rerender(boundary('/a'));
    expect(screen.queryByText('works')).not.toBeInTheDocument();
    failure = null;
    rerender(boundary('/a'));
    expect(screen.queryByText('works')).not.toBeInTheDocument();
    rerender(boundary('/b'));
    expect(screen.getByText('works')).toBeInTheDocument();
  });

  it('reloads once for a chunk that is gone, then says so', () => {
    failure = missingChunk();
    open();
    expect(reload).toHaveBeenCalledOnce();
    open('b');
    expect(reload).toHaveBeenCalledOnce();
    expect(screen.getAllByText(/could not be loaded/).length).toBeGreaterThan(0);
  });
});
