// What a card says below its picture: the worst of what is wrong, and beside it always what somebody may see.
import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { problem } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { CardFooter } from './card-footer';
import { RestrictedMark, UnreachedMark } from './card-mark';

const failed = problem(503, 'unavailable', 'The store is away');
const gone = problem(400, 'invalid', 'Version 3 is gone');
const notRefreshed = 'Not refreshed: The store is away';
const old = 'Not current, from';
const notCompared = 'Not compared: Version 3 is gone';

describe('the footer of a card', () => {
  it.each([
    [false, false, false, null],
    [false, false, true, notCompared],
    [false, true, false, old],
    [false, true, true, old],
    [true, false, false, notRefreshed],
    [true, false, true, notRefreshed],
    [true, true, false, notRefreshed],
    [true, true, true, notRefreshed],
  ])('of failed %s, stale %s and uncompared %s', async (fails, stale, uncompared, says) => {
    const [onRetry, onCompare] = [vi.fn(), vi.fn()];
    const footer = (restricted: string | null) => (
      <CardFooter
        warning={fails ? failed : null}
        stale={stale}
        confirmedAt={0}
        restricted={restricted}
        onRetry={onRetry}
        uncompared={uncompared ? gone : null}
        onCompare={onCompare}
      />
    );
    const { user, unmount } = renderApp(footer('Restricted by access policy own_airport'));
    expect(screen.getByTestId('card-restricted')).toHaveTextContent('own_airport');
    const said = screen.queryByTestId('card-footer');
    if (says === null) expect(said).toBeNull();
    else expect(said).toHaveTextContent(says);

    const again = screen.queryByRole('button', { name: 'Try again' });
    if (again) await user.click(again);
    expect(onRetry).toHaveBeenCalledTimes(says === notRefreshed ? 1 : 0);
    expect(onCompare).toHaveBeenCalledTimes(says === notCompared ? 1 : 0);
    unmount();

    renderApp(footer(null));
    expect(screen.queryByTestId('card-restricted')).toBeNull();
    expect(screen.queryByTestId('card-footer')?.textContent ?? null).toBe(
      says === null ? null : said?.textContent,
    );
  });
});

describe('a mark of a card', () => {
  it('says its words to keys and fingers, and closes again', async () => {
    const words = 'Restricted by access policy own_airport';
    const { user } = renderApp(
      <>
        <RestrictedMark words={words} />
        <UnreachedMark filters={['Carrier is UA', 'Origin is JFK']} />
      </>,
    );
    await user.tab();
    expect(screen.getByRole('button', { name: words })).toHaveFocus();
    await user.keyboard('{Enter}');
    expect(await screen.findByRole('dialog', { name: 'Restricted' })).toHaveTextContent(words);
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await user.click(screen.getByTestId('card-unreached'));
    expect(await screen.findByRole('dialog', { name: 'Not filtered' })).toHaveTextContent(
      'Not filtered by: Carrier is UA; Origin is JFK',
    );
  });
});
