// Rollups in the form of a model: declared, refused before the server is asked, and taken from the advisor.
import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { useState } from 'react';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Advice, Model, Rollup } from '@/api/types';
import { problem } from '@/testing/fixtures';
import { joinedFlights } from '@/testing/joined-fixtures';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { missingOf, placeName } from '../state/places';
import { adviceBeside, declared, isKept, rollupWords } from '../state/rollups';
import { ReadOnly } from './fields';
import RollupsSection from './rollups-section';

const daily: Rollup = {
  name: 'daily',
  measures: ['count'],
  dimensions: ['carrier'],
  time_dimension: 'time_hour',
  granularity: 'day',
};

const advice = (rollup: Rollup, change: Partial<Advice> = {}): Advice => ({
  tenant: 'acme',
  dataset: 'flights',
  rollup: { ...rollup, name: 'advised_day_origin_0a1b2c3d' },
  state: 'suggested',
  reason: 'asked 40 times, 12 MB read each time',
  decided_at: '2026-11-20T08:00:00Z',
  segments: 12,
  bytes: 9_000,
  segments_answered: 0,
  rows_saved: 0,
  ...change,
});
const byOrigin = advice({ ...daily, dimensions: ['origin'] });

let advised: Advice[] = [];

beforeEach(() => {
  advised = [];
  server.use(
    http.get('*/api/v1/datasets/flights/advice', () => HttpResponse.json({ items: advised })),
  );
});

interface SectionProps {
  told?: (rollups: Rollup[]) => void;
  rollups?: Rollup[];
  readOnly?: boolean;
}

function Section({ told = vi.fn(), rollups = [], readOnly = false }: SectionProps) {
  const [model, setModel] = useState<Model>({ ...joinedFlights, rollups });
  return (
    <ReadOnly value={readOnly}>
      <RollupsSection
        model={model}
        problems={[{ field: 'rollups[0]', detail: 'it keeps too much' }]}
        onChange={(next) => {
          told(next);
          setModel({ ...model, rollups: next });
        }}
      />
    </ReadOnly>
  );
}

it('declares what is kept, by what, and in which buckets', async () => {
  const told = vi.fn<(rollups: Rollup[]) => void>();
  const { user } = renderApp(<Section told={told} />);
  await user.click(screen.getByRole('button', { name: 'Add rollup' }));
  const fields = screen.getByRole('group', { name: 'New rollup' });
  expect(within(fields).queryByRole('combobox', { name: 'Granularity' })).toBeNull();
  const choose = async (list: string, option: string) => {
    await user.click(screen.getByRole('combobox', { name: list }));
    await user.click(await screen.findByRole('option', { name: option }));
    await user.keyboard('{Escape}');
  };
  await choose('Measures', 'Flights');
  await choose('Dimensions', 'Carrier');
  const time = joinedFlights.dimensions.find(({ name }) => name === 'time_hour');
  await choose('Time', time?.label ?? '');
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 'daily');
  expect(told).toHaveBeenLastCalledWith([daily]);
  await choose('Time', 'None');
  expect(told).toHaveBeenLastCalledWith([
    { name: 'daily', measures: ['count'], dimensions: ['carrier'] },
  ]);
});

it('stands where the server finds something wrong with it', () => {
  renderApp(<Section rollups={[daily]} />);
  expect(screen.getByRole('alert')).toHaveTextContent('it keeps too much');
  expect(placeName('rollups[0].measures')).toBe('Rollup 1');
});

it('takes what the advisor would keep, with its reason, once', async () => {
  advised = [byOrigin, advice(daily, { state: 'vetoed' })];
  const told = vi.fn<(rollups: Rollup[]) => void>();
  const { user } = renderApp(<Section told={told} />);
  const list = await screen.findByRole('region', { name: 'Advice on rollups' });
  expect(within(list).getAllByRole('listitem')).toHaveLength(1);
  expect(list).toHaveTextContent('asked 40 times');
  await user.click(within(list).getByRole('button', { name: /^Declare Flights by Origin/ }));
  expect(told).toHaveBeenLastCalledWith([{ ...byOrigin.rollup, name: 'day_origin' }]);
  expect(screen.queryByRole('region', { name: 'Advice on rollups' })).toBeNull();
});

it('is read by who may not change it, and is there where no advice is told', async () => {
  server.use(
    http.get('*/api/v1/datasets/flights/advice', () =>
      HttpResponse.json(problem(403, 'denied', 'No'), { status: 403 }),
    ),
  );
  renderApp(<Section rollups={[daily]} readOnly />);
  expect(await screen.findByRole('button', { name: /^daily/ })).toHaveTextContent(
    rollupWords(daily, joinedFlights),
  );
  expect(screen.queryByRole('button', { name: 'Add rollup' })).toBeNull();
});

it('lacks what the server would refuse', () => {
  const model: Model = {
    ...joinedFlights,
    rollups: [
      { name: 'a', measures: [] },
      { name: 'a', measures: ['count'], time_dimension: 'time_hour' },
    ],
  };
  expect(missingOf(model)).toEqual([
    { field: 'rollups[0]', detail: 'It needs a measure.' },
    { field: 'rollups[1]', detail: '“a” stands twice.' },
    { field: 'rollups[1]', detail: 'It needs a granularity.' },
  ]);
});

it('keeps states, and no measures over measures', () => {
  expect(isKept({ name: 'a', label: 'A', kind: 'quantile' })).toBe(true);
  for (const kind of ['ratio', 'number', 'rolling', 'first', 'last', 'balance'] as const)
    expect(isKept({ name: 'a', label: 'A', kind })).toBe(false);
});

it('does not advise what is declared under another name, and finds a free name', () => {
  const model: Model = { ...joinedFlights, rollups: [{ ...byOrigin.rollup, name: 'mine' }] };
  expect(adviceBeside(model, [byOrigin])).toEqual([]);
  expect(declared(byOrigin.rollup, [{ name: 'day_origin', measures: [] }]).name).toBe(
    'day_origin_2',
  );
  expect(declared({ name: 'advised_0a1b2c3d', measures: ['count'] }, []).name).toBe('all_rows');
});
