// Editing as data: history, layout moves, kept drafts, fitting of choices.
import { describe, expect, it } from 'vitest';
import { flightsDashboard } from '@/testing/dashboard-fixtures';
import { flightsModel } from '@/testing/fake-engine';
import type { Model } from '@/api/types';
import { choicesOf, missingFor } from '@/widgets/widget-kind';
import { widgetKinds } from '@/widgets/registry';
import {
  contentOf,
  draftSlice,
  editingStarted,
  draftChanged,
  undone,
  redone,
  placedOf,
} from './draft-slice';
import type { Draft } from './draft-slice';
import { dropDraft, keepDraft, readDraft } from './draft-storage';
import { HISTORY_LIMIT, record, redo, seal, startHistory, undo } from './history';
import { compact, freePlace, overlaps, place, resize, step } from './layout-moves';
import type { Placed } from './layout-moves';
import { changeKind, fitChoices } from './widget-panel';

const at = (id: string, x: number, y: number, w: number, h: number): Placed => ({
  id,
  layout: { x, y, w, h },
});
const find = (items: Placed[], id: string) => items.find((item) => item.id === id)!.layout;

function sound(items: Placed[]): boolean {
  return items.every(
    (a) =>
      a.layout.x >= 0 &&
      a.layout.x + a.layout.w <= 12 &&
      a.layout.y >= 0 &&
      items.every((b) => a === b || !overlaps(a.layout, b.layout)),
  );
}

describe('layout moves', () => {
  const items = [at('a', 0, 0, 6, 3), at('b', 6, 0, 6, 3), at('c', 0, 3, 12, 4)];

  it('moves sideways and others make room', () => {
    const next = step(items, 'a', 'right');
    expect(find(next, 'a').x).toBe(1);
    expect(sound(next)).toBe(true);
  });

  it('moves down past the next row and up again', () => {
    const down = step(items, 'a', 'down');
    expect(find(down, 'a').y).toBeGreaterThan(find(down, 'c').y);
    const up = step(down, 'a', 'up');
    expect(find(up, 'a').y).toBeLessThan(find(up, 'c').y);
    expect(sound(up)).toBe(true);
  });

  it('a wide card changes places with the whole row below it', () => {
    const wide = [at('w', 0, 0, 12, 4), at('l', 0, 4, 6, 2), at('r', 6, 4, 6, 2)];
    const next = step(wide, 'w', 'down');
    expect([find(next, 'l').y, find(next, 'r').y, find(next, 'w').y]).toEqual([0, 0, 2]);
  });

  it('stays at the edges', () => {
    expect(find(step(items, 'a', 'left'), 'a')).toEqual(find(items, 'a'));
    expect(find(step(items, 'c', 'down'), 'c')).toEqual(find(items, 'c'));
    expect(find(resize(items, 'b', 'right'), 'b').w).toBe(6);
  });

  it('resizes and pushes down', () => {
    const next = resize(items, 'a', 'down');
    expect(find(next, 'a').h).toBe(4);
    expect(find(next, 'c').y).toBe(4);
    expect(find(resize(items, 'b', 'left'), 'b').w).toBe(5);
  });

  it('is sound after any sequence of keys', () => {
    let state = placedOf(contentOf(flightsDashboard));
    let seed = 7;
    for (let count = 0; count < 400; count += 1) {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      const id = state[seed % state.length]!.id;
      const direction = (['left', 'right', 'up', 'down'] as const)[(seed >> 8) % 4]!;
      state = (seed >> 12) % 3 === 0 ? resize(state, id, direction) : step(state, id, direction);
      expect(sound(state)).toBe(true);
    }
    expect(compact(state)).toEqual(state);
  });

  it('places by number, clamped', () => {
    const next = place(items, 'b', { x: 11, y: 0, w: 40, h: 1 });
    expect(find(next, 'b')).toMatchObject({ x: 0, w: 12, h: 2 });
    expect(sound(next)).toBe(true);
  });

  it('finds room for a new card', () => {
    expect(freePlace([at('a', 0, 0, 8, 3)], 4, 2)).toEqual({ x: 8, y: 0, w: 4, h: 2 });
    expect(freePlace(items, 6, 5)).toEqual({ x: 0, y: 7, w: 6, h: 5 });
  });
});

describe('history', () => {
  it('undoes and redoes', () => {
    let history = record(record(startHistory(1), 2, 'two'), 3, 'three');
    history = undo(undo(undo(history)));
    expect(history.present.content).toBe(1);
    history = redo(history);
    expect(history.present).toMatchObject({ content: 2, label: 'two' });
    expect(redo(record(history, 9, 'nine')).present.content).toBe(9);
  });

  it('merges a burst into one step until it is sealed', () => {
    let history = record(
      record(startHistory('a'), 'ab', 'typed', 'title'),
      'abc',
      'typed',
      'title',
    );
    expect(undo(history).present.content).toBe('a');
    history = record(seal(history), 'abcd', 'typed', 'title');
    expect(undo(history).present.content).toBe('abc');
  });

  it('remembers a hundred steps', () => {
    let history = startHistory(0);
    for (let count = 1; count <= 250; count += 1) history = record(history, count, 'step');
    expect(history.past).toHaveLength(HISTORY_LIMIT);
    for (let count = 0; count < 300; count += 1) history = undo(history);
    expect(history.present.content).toBe(150);
  });
});

describe('draft', () => {
  const reduce = draftSlice.reducer;
  const content = contentOf(flightsDashboard);
  const started = reduce(undefined, editingStarted(flightsDashboard));
  const renamed = reduce(
    started,
    draftChanged({ content: { ...content, title: 'Mine' }, label: 'Renamed' }),
  );

  it('undoes and redoes in the store', () => {
    expect(renamed.draft?.history.present.content.title).toBe('Mine');
    const back = reduce(renamed, undone());
    expect(back.draft?.history.present.content.title).toBe(content.title);
    expect(reduce(back, redone()).draft?.history.present.content.title).toBe('Mine');
  });

  it('survives a closed browser with its history', () => {
    const draft = renamed.draft as Draft;
    expect(keepDraft(localStorage, 'k', draft, 5)).toBe(true);
    expect(readDraft(localStorage, 'k')).toEqual({ draft, savedAt: 5 });
    dropDraft(localStorage, 'k');
    expect(readDraft(localStorage, 'k')).toBeNull();
  });

  it('keeps nothing when nothing changed, and reads no nonsense', () => {
    expect(keepDraft(localStorage, 'k', started.draft as Draft, 5)).toBe(false);
    localStorage.setItem('k', '{"schema":9}');
    expect(readDraft(localStorage, 'k')).toBeNull();
  });
});

const half = (name: string, part: object) => ({ name, label: name, type: 'float', ...part });
const placedFlights = {
  ...flightsModel,
  dimensions: [
    ...flightsModel.dimensions,
    half('lat', { geo: 'latitude' }),
    half('lon', { geo: 'longitude', latitude: 'lat' }),
  ],
} as Model;

describe('widget kinds', () => {
  it('make a query from their own defaults, and choices back from it', () => {
    for (const kind of widgetKinds) {
      const choices = kind.defaults(placedFlights);
      const query = kind.toQuery(choices);
      expect(choicesOf(query).measures).toEqual(choices.measures);
      expect(choices.measures.length).toBeGreaterThanOrEqual(kind.fields.measures.min);
      expect(choices.dimensions.length).toBeGreaterThanOrEqual(kind.fields.dimensions.min);
    }
  });

  it('are there where a model has what they draw', () => {
    const map = widgetKinds.find(({ kind }) => kind === 'map')!;
    const line = widgetKinds.find(({ kind }) => kind === 'line')!;
    expect(missingFor(map, flightsModel)).toBe('Needs a latitude and its longitude');
    expect(missingFor(map, placedFlights)).toBeNull();
    expect(missingFor(line, { ...flightsModel, time_dimension: null })).toBe('Needs a time column');
  });

  it('take the point of a model, and what was chosen as the names of its places', () => {
    const map = widgetKinds.find(({ kind }) => kind === 'map')!;
    const choices = { ...map.defaults(placedFlights), dimensions: ['flights.carrier'] };
    expect(fitChoices(choices, map, placedFlights).dimensions).toEqual([
      'flights.lat',
      'flights.lon',
      'flights.carrier',
    ]);
  });

  it('change into each other without losing the title or own filters', () => {
    for (const widget of flightsDashboard.definition.widgets) {
      for (const kind of widgetKinds) {
        const own = {
          ...widget,
          query: {
            ...widget.query,
            filters: [{ member: 'flights.origin', operator: 'set' as const }],
          },
        };
        const next = changeKind(own, kind, flightsModel);
        const choices = choicesOf(next.query);
        expect(next.title).toBe(widget.title);
        expect(next.query.filters).toEqual(own.query.filters);
        expect(choices.measures.length).toBeLessThanOrEqual(kind.fields.measures.max);
        expect(choices.measures.length).toBeGreaterThanOrEqual(kind.fields.measures.min);
      }
    }
  });
});
