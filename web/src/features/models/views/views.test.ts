// The pure parts of views: where paths lead, what a part takes, what people see, and the text.
import { describe, expect, it } from 'vitest';
import type { Folder, View, ViewInclude } from '@/api/types';
import { joinedModels } from '@/testing/joined-fixtures';
import { detailOf, punctuality } from '@/testing/view-handlers';
import { placeName, saidAt } from '../state/places';
import { nameAfter } from '../state/name-after';
import { wrongPlaces } from '../text/yaml-text';
import { shapesAt } from '../text/completion';
import { namesIn, othersIn, withNames, wordsOfFolder } from './state/folders';
import { missingInView, saidElsewhereOfView } from './state/missing';
import { isTaken, renamed, seenIn, take, withFollowing, withOrder } from './state/part';
import { placeAt, placesFrom, wordsOfPath } from './state/paths';
import { previewQuery } from './state/preview-query';
import { sameView, writtenView } from './state/written-view';
import { readView, shapeOfView, textOfView } from './text/view-text';

describe('paths', () => {
  it('lead along joins, also those that another model has to here', () => {
    expect(placesFrom('makers', joinedModels).map(({ path }) => path)).toEqual([
      'makers',
      'makers.planes',
      'makers.planes.flights',
      'makers.planes.flights.origin_airport',
      'makers.planes.flights.destination',
      'makers.planes.flights.legs',
    ]);
  });

  it('do not go back where several joins lead', () => {
    expect(placesFrom('airports', joinedModels).map(({ path }) => path)).toEqual([
      'airports',
      'airports.countries',
    ]);
  });

  it('know what the last join calls the model', () => {
    expect(placeAt('flights.origin_airport', joinedModels)).toMatchObject({
      aliased: true,
      title: 'Origin airport',
    });
    expect(placeAt('flights.planes', joinedModels)?.aliased).toBe(false);
    expect(placeAt('flights.crew', joinedModels)).toBeNull();
    expect(wordsOfPath('flights.origin_airport.countries', joinedModels)).toBe(
      'Flights → Origin airport → Countries',
    );
    expect(wordsOfPath('flights.crew', joinedModels)).toBe('Flights → crew');
  });
});

describe('a part', () => {
  const list: ViewInclude = {
    path: 'flights',
    members: ['count', { name: 'origin', alias: 'from' }],
  };
  const all: ViewInclude = { path: 'flights', members: '*', except: ['month'] };

  it('takes members and leaves them out', () => {
    expect(take(list, 'carrier', true).members).toEqual([
      'count',
      { name: 'origin', alias: 'from' },
      'carrier',
    ]);
    expect(take(list, 'origin', false).members).toEqual(['count']);
    expect(take(all, 'count', false).except).toEqual(['month', 'count']);
    expect(take(all, 'month', true).except).toEqual([]);
    expect(isTaken(all, 'month')).toBe(false);
  });

  it('gives names and goes back to the short form without them', () => {
    const named = renamed(list, { name: 'count', alias: '', label: 'Number' });
    expect(named.members).toEqual([
      { name: 'count', label: 'Number' },
      { name: 'origin', alias: 'from' },
    ]);
    expect(renamed(named, { name: 'count', alias: '', label: '' }).members).toEqual(list.members);
  });

  it('keeps what is said of a member beside its names', () => {
    const said = { name: 'origin', description: 'Where from', format: 'd', meta: { owner: 'us' } };
    const made = renamed(list, { ...said, alias: 'from' });
    expect(made.members).toEqual(['count', { ...said, alias: 'from' }]);
    expect(renamed(made, { ...said, alias: '', label: 'From' }).members).toEqual([
      'count',
      { ...said, label: 'From' },
    ]);
  });

  it('has an order', () => {
    expect(withOrder(list, 1, 0).members).toEqual([{ name: 'origin', alias: 'from' }, 'count']);
  });

  it('is a list or follows the model, with the same members', () => {
    const names = ['carrier', 'month', 'count'];
    const listed = withFollowing(all, false, names);
    expect(listed).toEqual({ path: 'flights', members: ['carrier', 'count'] });
    expect(withFollowing(listed, true, names)).toEqual(all);
  });
});

describe('what people see', () => {
  it('has the names of the view', () => {
    const seen = seenIn(punctuality, joinedModels);
    expect(seen.map(({ name, label, member, kind }) => [name, label, member, kind])).toEqual([
      ['count', 'Flights', 'flights.count', 'measure'],
      ['delay', 'Delay', 'flights.avg_arr_delay', 'measure'],
      ['carrier', 'Carrier', 'flights.carrier', 'dimension'],
      ['planes_seats', 'Seats', 'planes.seats', 'dimension'],
      ['planes_count', 'Planes', 'planes.count', 'measure'],
    ]);
  });

  it('has no measures of a model that a join calls otherwise', () => {
    const include: ViewInclude[] = [
      { path: 'flights.origin_airport', members: '*', prefix: true, alias: 'from' },
    ];
    expect(seenIn({ ...punctuality, include }, joinedModels).map(({ name }) => name)).toEqual([
      'from_city',
      'from_opened',
    ]);
  });
});

describe('a folder', () => {
  const within: Folder = { name: 'Within', includes: ['carrier'] };
  const folder: Folder = {
    name: 'Delays',
    includes: ['delay', within, { path: 'flights.planes' }, 'count'],
  };

  it('gets members and loses them, and keeps what else lies in it', () => {
    expect(namesIn(folder)).toEqual(['delay', 'count']);
    expect(withNames(folder, ['count', 'planes_seats']).includes).toEqual([
      within,
      { path: 'flights.planes' },
      'count',
      'planes_seats',
    ]);
    expect(othersIn(folder)).toEqual(['the folder “Within”', 'all members of flights.planes']);
    expect(wordsOfFolder(within)).toBe('1 member');
    expect(wordsOfFolder({ name: 'All', includes: '*' })).toBe('All members');
  });

  it.each<[Folder[], string]>([
    [[{ name: ' ', includes: '*' }], 'folders[0]: A folder needs a name.'],
    [[within, folder, within], 'folders[2]: “Within” stands twice.'],
    [[{ name: 'F', includes: [] }], 'folders[0]: Choose what lies in the folder.'],
    [
      [within, { name: 'F', includes: [{ name: 'G', includes: ['dely'] }] }],
      'folders[1]: There is no member “dely” in the view; did you mean “delay”?',
    ],
    // Names are those of the view.
    [
      [{ name: 'F', includes: ['avg_arr_delay'] }],
      'folders[0]: There is no member “avg_arr_delay”',
    ],
  ])('%j is told', (folders, words) => {
    const told = missingInView({ ...punctuality, folders }, joinedModels);
    expect(told.map(({ field, detail }) => `${field}: ${detail}`).join('\n')).toContain(words);
  });

  it('is a part of the view', () => {
    const view = { ...punctuality, folders: [folder] };
    expect(missingInView(view, joinedModels)).toEqual([]);
    expect(sameView(view, punctuality)).toBe(false);
    expect(writtenView({ ...view, folders: [] })).not.toHaveProperty('folders');
    expect(placeName('folders[1].includes[0]')).toBe('Folder 2');
    const read = readView(textOfView(view), joinedModels, punctuality);
    expect(read.wrong).toEqual([]);
    expect(read.view).toEqual(view);
  });

  it.each([
    ['- delay', '- dely', 'There is no member “dely”; did you mean “delay”?'],
    ['- path: flights.planes', '- pth: flights.planes', 'A folder has no “pth”'],
    ['name: Delays', 'title: Delays', 'A folder has no “title”.'],
  ])('%s as %s is wrong in the text', (right, wrong, words) => {
    const text = textOfView({ ...punctuality, folders: [folder] });
    const at = text.lastIndexOf(right);
    expect(at).toBeGreaterThan(0);
    const changed = text.slice(0, at) + text.slice(at).replace(right, wrong);
    const { wrong: found } = readView(changed, joinedModels, punctuality);
    expect(found.map(({ message }) => message).join('\n')).toContain(words);
  });

  it('may have nothing behind its keys while it is written', () => {
    const text = `${textOfView(punctuality)}folders:\n  - name: F\n    includes:\n      -\n      - name: G\n        includes:\n`;
    const { view } = readView(text, joinedModels, punctuality);
    expect(view?.folders).toEqual([{ name: 'F', includes: [{ name: 'G', includes: [] }] }]);
  });

  it('may have a number in it where the names of its members are not known', () => {
    const text =
      `${textOfView(punctuality)}folders:\n  - name: F\n    includes:\n      - 5\n`.replace(
        'path: flights.planes',
        'path: elsewhere',
      );
    const { view, wrong } = readView(text, joinedModels, punctuality);
    expect(wrong).toEqual([]);
    expect(view?.folders).toEqual([{ name: 'F', includes: [5] }]);
  });
});

describe('what a view lacks', () => {
  const told = (part: Partial<View>): string[] =>
    missingInView({ ...punctuality, ...part }, joinedModels).map(
      ({ field, detail }) => `${field}: ${detail}`,
    );

  it('is nothing where it is whole', () => {
    expect(told({})).toEqual([]);
  });

  it.each<[Partial<View>, string]>([
    [{ label: ' ' }, 'label: It needs a label.'],
    [{ name: 'a.b' }, 'name: A name has no dots.'],
    [{ include: [] }, 'include: Choose the model that it begins with.'],
    [
      {
        include: [
          { path: 'flights', members: '*' },
          { path: 'airports', members: '*' },
        ],
      },
      'include[1]: All paths of a view begin with one model, here flights.',
    ],
    [{ include: [{ path: 'flights', members: [] }] }, 'include[0]: Choose a member.'],
    [
      { include: [{ path: 'flights.crew', members: '*' }] },
      'include[0]: There is no way along flights.crew.',
    ],
    [
      {
        include: [
          { path: 'flights', members: ['count'] },
          { path: 'flights.planes', members: ['count'] },
        ],
      },
      'include[1]: count would be both flights.count and planes.count; give one of them another name, or its part a prefix.',
    ],
  ])('%j is told', (part, words) => {
    expect(told(part)).toContain(words);
  });

  it('stands where it belongs', () => {
    const problem = {
      type: 'about:blank',
      title: 'No',
      status: 400,
      code: 'invalid' as const,
      errors: [{ field: 'include[1].members[0]', detail: 'no such member' }],
    };
    expect(saidElsewhereOfView(problem)).toBeNull();
    expect(saidAt(problem.errors, 'include[1]')).toBe('no such member');
    expect(placeName('include[1].members[0]')).toBe('Model 2');
    expect(saidElsewhereOfView({ ...problem, errors: [] })).not.toBeNull();
  });
});

describe('a view as text', () => {
  const text = textOfView(punctuality);
  const told = (from: string): string[] =>
    readView(from, joinedModels, punctuality).wrong.map(
      ({ line, message }) => `${line}: ${message}`,
    );

  it.each(['{}', '5', 'true'])('says that %s is no list of what is left out', (written) => {
    const half = text.replace('members: "*"', `members: "*"\n    except: ${written}`);
    expect(readView(half, joinedModels, punctuality).view).toBeNull();
    expect(told(half).join('\n')).toContain('Here belongs a list.');
  });

  it('is read as it was written', () => {
    const { view, wrong } = readView(text, joinedModels, punctuality);
    expect(wrong).toEqual([]);
    expect(view).toEqual(punctuality);
    expect(text).not.toContain('version');
    expect(text).toContain('members: "*"');
  });

  it.each([
    ['- count', '- cont', 'There is no member “cont”; did you mean “count”?'],
    ['name: avg_arr_delay', 'name: avg_delay', 'There is no member “avg_delay”'],
    ['alias: delay', 'title: delay', 'A member has no “title”.'],
    ['prefix: true', 'prefix: maybe', 'Here belongs true or false.'],
    ['members: "*"', 'members: all', 'There is no choice “all”.'],
    ['label: Punctuality', 'labels: Punctuality', 'A view has no “labels”; did you mean “label”?'],
    ['name: punctuality', 'name: other', 'There is no name “other”.'],
  ])('%s as %s is wrong', (right, wrong, words) => {
    expect(text).toContain(right);
    expect(told(text.replace(right, wrong)).join('\n')).toContain(words);
  });

  it('marks what the server says at its line', () => {
    const [place] = wrongPlaces(text, [{ field: 'include[1].path', detail: 'another way' }]);
    const line = text.split('\n').findIndex((entry) => entry.includes('flights.planes')) + 1;
    expect(place).toMatchObject({ line, message: 'another way' });
  });

  it('offers paths and members', () => {
    const shape = shapeOfView(text, joinedModels, punctuality);
    const offered = (path: string[], key: string | null): string[] =>
      shapesAt(shape, { path, key, from: 0 }).flatMap((found) =>
        found.is === 'name' ? [...found.among] : found.is === 'map' ? Object.keys(found.keys) : [],
      );
    expect(offered(['include'], 'path')).toContain('flights.planes.maker');
    expect(offered(['include', 'members'], null)).toEqual(
      expect.arrayContaining(['count', 'seats', 'alias']),
    );
    expect(offered(['include', 'members'], 'name')).toContain('avg_arr_delay');
    expect(offered(['include'], 'members')).toContain('*');
  });
});

it('shows a few members of one model', () => {
  const detail = detailOf(punctuality);
  const [count] = detail.measures;
  const planes = { ...count!, name: 'planes_count', member: 'planes.count' };
  expect(previewQuery({ ...detail, measures: [...detail.measures, planes] })).toEqual({
    measures: ['punctuality.count', 'punctuality.avg_arr_delay'],
    dimensions: ['punctuality.carrier'],
    limit: 5,
  });
  expect(previewQuery({ ...detail, measures: [planes] })?.dimensions).toEqual([]);
  expect(previewQuery({ ...detail, measures: [] })).toMatchObject({
    measures: [],
    dimensions: ['punctuality.carrier'],
  });
  expect(previewQuery({ ...detail, measures: [], dimensions: [] })).toBeNull();
});

it('is the same view in the short form and the long one', () => {
  const long: View = {
    ...punctuality,
    version: 9,
    include: punctuality.include.map((part) => ({
      ...part,
      except: [],
      prefix: part.prefix ?? false,
    })),
  };
  expect(sameView(long, punctuality)).toBe(true);
  expect(sameView({ ...long, description: '' }, punctuality)).toBe(false);
  expect(writtenView(long)).not.toHaveProperty('version');
});

it.each([
  ['Sales, by shop', 'sales_by_shop'],
  ['Émile’s 2nd view', 'emile_s_2nd_view'],
  ['2024', ''],
])('the name after %s is %s', (label, name) => {
  expect(nameAfter(label)).toBe(name);
});
