// What a button opens, wide and on a phone: what is announced is heard in it, and the focus finds its way back.
import { screen, waitFor, within } from '@testing-library/react';
import { useState } from 'react';
import { expect, it, vi } from 'vitest';
import { renderApp } from '@/testing/render-app';
import { AnchoredPanel } from './anchored-panel';
import { announce } from './announcer';

function Filters() {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [there, setThere] = useState(true);
  return (
    <section aria-label="Filters" tabIndex={-1}>
      {there && <button onClick={(event) => setAnchor(event.currentTarget)}>Carrier is UA</button>}
      <AnchoredPanel label="Filter" anchor={anchor} onClose={() => setAnchor(null)}>
        <button
          onClick={() => {
            setThere(false);
            setAnchor(null);
          }}
        >
          Remove
        </button>
      </AnchoredPanel>
    </section>
  );
}

it.each([
  ['wide', false],
  ['on a phone', true],
])('covers the page, is heard and leaves the focus where it was, %s', async (_where, phone) => {
  const plain = window.matchMedia;
  vi.spyOn(window, 'matchMedia').mockImplementation((query) => ({
    ...plain(query),
    matches: phone && query.includes('max-width: 599px'),
  }));
  const { user } = renderApp(<Filters />);
  const button = screen.getByRole('button', { name: 'Carrier is UA' });
  await user.click(button);
  const panel = await screen.findByRole('dialog', { name: 'Filter' });
  announce('3 rows');
  await waitFor(() => expect(within(panel).getByRole('status')).toHaveTextContent('3 rows'));
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(button).toHaveFocus();
  await user.click(button);
  await user.click(await screen.findByRole('button', { name: 'Remove' }));
  await waitFor(() => expect(screen.getByRole('region', { name: 'Filters' })).toHaveFocus());
});
