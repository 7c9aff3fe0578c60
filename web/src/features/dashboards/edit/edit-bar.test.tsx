// A dashboard is described where it is edited; its time zone is chosen there, and left to who looks by emptying it.
import { fireEvent, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { renderApp } from '@/testing/render-app';
import { EditBar } from './edit-bar';
import { startHistory } from './history';
import { emptyDefinition } from './new-dashboard';
import type { Editing } from './use-editing';

const content = { title: 'Sales', description: null, definition: emptyDefinition([]) };

function open(timezone: string | null) {
  const change = vi.fn<Editing['change']>();
  const shown = { ...content, definition: { ...content.definition, timezone } };
  const draft = { dashboardId: 'd1', baseVersion: 1, history: startHistory(shown) };
  const editing = { draft, dirty: false, saving: false, change } as unknown as Editing;
  const { user } = renderApp(<EditBar editing={editing} onAdd={() => {}} onKeepView={null} />);
  return { change, user, zone: screen.getByRole('combobox', { name: 'Time zone' }) };
}

it('names the zone that holds where none is chosen, and takes another', async () => {
  const { change, user, zone } = open(null);
  expect(zone).toHaveAttribute('placeholder', 'UTC');
  await user.type(zone, 'Asia/Tokyo{Enter}');
  expect(change.mock.calls).toEqual([
    [
      { ...content, definition: { ...content.definition, timezone: 'Asia/Tokyo' } },
      'Chose Asia/Tokyo',
    ],
  ]);
});

it('leaves the zone to who looks', async () => {
  const { change, user, zone } = open('Asia/Tokyo');
  await user.clear(zone);
  await user.type(zone, '{Enter}');
  expect(change.mock.calls[0]?.[0].definition.timezone).toBeNull();
});

it('describes the dashboard', () => {
  const { change } = open(null);
  const field = screen.getByRole('textbox', { name: 'Description' });
  fireEvent.change(field, { target: { value: 'For the morning' } });
  expect(change.mock.calls[0]?.[0].description).toBe('For the morning');
});
