// Access policies in words, and as text there and back.
import { describe, expect, it } from 'vitest';
import type { AccessPolicy, Model } from '@/api/types';
import { joinedFlights, joinedModels } from '@/testing/joined-fixtures';
import { missingOf, placeName, saidElsewhere } from '../state/places';
import { sameAccess, sameModel, writtenModel } from '../state/written';
import { placeIn, shapesAt } from '../text/completion';
import { readText, shapeOfText, textOf } from '../text/model-text';
import type { Words } from '../text/shape';
import { attributesAsked, policyText } from './policy-words';

const own = { member: 'flights.origin', operator: 'equals' as const, values: ['{user.airport}'] };
const late = { member: 'flights.month', operator: 'gte' as const, values: [6] };
const viewer = { attribute: 'role', values: ['viewer'] };
const said = (policy: Omit<AccessPolicy, 'name'>): string =>
  policyText({ name: 'p', ...policy }, joinedFlights);

describe('what a policy does', () => {
  it.each<[Omit<AccessPolicy, 'name'>, string]>([
    [{}, 'Everybody sees all rows'],
    [
      { when: [viewer], rows: [own], hidden: ['tailnum'] },
      'Viewers see rows where Origin is their airport; tailnum is hidden',
    ],
    [
      { when: [{ attribute: 'role', values: ['viewer', 'editor'] }] },
      'Viewers and editors see all rows',
    ],
    [
      { when: [viewer, { attribute: 'home_country', values: ['DE', 'FR'] }] },
      'Viewers whose home country is DE or FR see all rows',
    ],
    [
      { when: [{ attribute: 'desk', values: ['1', '2', '3', '4', '5'] }], rows: [own, late] },
      'People whose desk is 1, 2 or one of 3 others see rows where Origin is their airport and Month is at least 6',
    ],
    [
      { rows: [{ or: [own, late] }] },
      'Everybody sees rows where Origin is their airport or Month is at least 6',
    ],
    [
      {
        hidden: ['a', 'b'],
        masked: [{ column: 'tailnum' }, { column: 'dest', expression: 'left(dest, 1)' }],
      },
      'Everybody sees all rows; a and b are hidden; tailnum is masked; dest is shown as left(dest, 1)',
    ],
    [
      { when: [viewer], columns: ['origin'], hidden: ['tailnum'] },
      'Viewers see all rows; only origin is visible; tailnum is hidden',
    ],
    [
      { columns: ['origin', 'dest'], masked: [{ column: 'tailnum' }] },
      'Everybody sees all rows; only origin and dest are visible; tailnum is masked',
    ],
    [
      { columns: [], masked: [{ column: 'tailnum' }] },
      'Everybody sees all rows; only masked columns are there; tailnum is masked',
    ],
    [{ columns: [] }, 'Everybody sees all rows; no column is visible'],
    [
      { when: [{ attribute: '', values: [] }] },
      'People whose attribute is not chosen yet see all rows',
    ],
  ])('%j', (policy, text) => {
    expect(said(policy)).toBe(text);
  });

  it('can be said of text that is half typed', () => {
    const halves = [
      { name: 'p', when: null, rows: null, columns: null, hidden: null, masked: null },
      { name: 'p', when: [{ attribute: null, values: null }], masked: [{ column: null }] },
      { name: 'p', columns: [null] },
    ] as unknown as AccessPolicy[];
    expect(halves.map((half) => policyText(half, joinedFlights))).toEqual([
      'Everybody sees all rows',
      'People whose attribute is not chosen yet see all rows',
      'Everybody sees all rows; no column is visible',
    ]);
    expect(attributesAsked(halves)).toEqual([]);
    expect(missingOf({ ...joinedFlights, access_policies: halves })).not.toEqual([]);
  });

  it('asks for attributes, by name and in values', () => {
    const group = { and: [own, { or: [late] }] };
    expect(attributesAsked([{ name: 'p', when: [viewer], rows: [group] }, { name: 'q' }])).toEqual([
      'role',
      'airport',
    ]);
  });
});

const policies: AccessPolicy[] = [
  {
    name: 'own_airport',
    when: [viewer],
    rows: [own],
    columns: ['origin', 'dest'],
    hidden: ['tailnum'],
    masked: [{ column: 'flight' }],
  },
];
const model: Model = { ...joinedFlights, access_policies: policies };
const words: Words = {
  columns: [
    ...'time_hour carrier origin month tailnum dest flight arr_delay distance late'.split(' '),
  ].map((name) => ({
    name,
    type: 'string' as const,
    nullable: true,
    nulls: 0,
    min: null,
    max: null,
  })),
  models: joinedModels,
  attributes: ['airport', 'role'],
};
const text = textOf(model);
const read = (from: string) => readText(from, words, { name: 'flights', version: 7 });
const told = (from: string): string[] => read(from).wrong.map(({ message }) => message);

describe('policies as text', () => {
  it('are read as they were written', () => {
    const { model: back, wrong } = read(text);
    expect(wrong).toEqual([]);
    expect(back?.access_policies).toEqual(policies);
    expect(text).toContain('- "{user.airport}"');
  });

  it.each([
    [
      'hidden:\n      - tailnum',
      'hidden:\n      - tailnun',
      /no column “tailnun”; did you mean “tailnum”/,
    ],
    [
      'columns:\n      - origin',
      'columns:\n      - orign',
      /no column “orign”; did you mean “origin”/,
    ],
    ['attribute: role', 'atribute: role', /has no “atribute”; did you mean “attribute”/],
    ['"{user.airport}"', '{user.airport}', /single value; what is in braces stands in quotes/],
    [
      'rows:\n      - member: flights.origin',
      'rows:\n      - member: flights.orign',
      /no dimension “flights.orign”; did you mean “flights.origin”/,
    ],
  ])('are wrong with %j as %j', (right, mistaken, message) => {
    expect(text).toContain(right);
    expect(told(text.replace(right, mistaken))).toContainEqual(expect.stringMatching(message));
  });

  it.each([
    ['acc', 'access_policies'],
    ['access_policies:\n  - name: x\n    ma', 'masked'],
    ['access_policies:\n  - name: x\n    when:\n      - attribute: ', 'airport'],
    ['access_policies:\n  - name: x\n    rows:\n      - member: fl', 'flights.origin'],
    ['access_policies:\n  - name: x\n    col', 'columns'],
    ['access_policies:\n  - name: x\n    columns:\n      - ta', 'tailnum'],
    ['access_policies:\n  - name: x\n    hidden:\n      - ta', 'tailnum'],
    ['access_policies:\n  - name: x\n    masked:\n      - column: ', 'tailnum'],
  ])('%j is completed to %s', (typed, option) => {
    const place = placeIn(typed, typed.length);
    const found = place && shapesAt(shapeOfText(text, words, 'flights'), place)[0];
    const offered =
      found?.is === 'map' ? Object.keys(found.keys) : found?.is === 'name' ? found.among : [];
    expect(offered).toContain(option);
  });
});

describe('policies of a model', () => {
  it('count when models are compared, and nothing is the same as none', () => {
    expect(sameModel(model, joinedFlights)).toBe(false);
    expect(sameAccess(model, joinedFlights)).toBe(false);
    expect(sameAccess({ ...joinedFlights, access_policies: [] }, joinedFlights)).toBe(true);
    expect(sameModel({ ...joinedFlights, access_policies: [] }, joinedFlights)).toBe(true);
    expect(Object.keys(writtenModel(model)).at(-1)).toBe('access_policies');
  });

  it('keep a list of columns that is empty, because without it all are seen', () => {
    const masked = [{ column: 'flight' }];
    const none: Model = { ...joinedFlights, access_policies: [{ name: 'p', columns: [], masked }] };
    const all: Model = { ...joinedFlights, access_policies: [{ name: 'p', masked }] };
    expect(writtenModel(none)).toMatchObject({ access_policies: [{ columns: [] }] });
    expect(read(textOf(none)).model?.access_policies).toEqual(none.access_policies);
    expect(sameModel(none, all)).toBe(false);
    expect(sameAccess(none, all)).toBe(false);
  });

  it('lack what is seen before the server is asked', () => {
    const wrong: AccessPolicy[] = [
      { name: ' ' },
      { name: 'a', when: [{ attribute: '', values: [] }] },
      { name: 'a', when: [{ attribute: 'desk', values: [] }] },
      { name: 'b', hidden: ['x'], masked: [{ column: '' }, { column: 'x' }] },
      { name: 'c', columns: [] },
      { name: 'd', columns: [], masked: [{ column: 'x' }] },
      { name: 'e', columns: ['x', 'y'], hidden: ['y'] },
    ];
    expect(
      missingOf({ ...joinedFlights, access_policies: wrong }).map(
        ({ field, detail }) => `${field}: ${detail}`,
      ),
    ).toEqual([
      'access_policies[0]: It needs a name.',
      'access_policies[1]: A condition on people needs an attribute.',
      'access_policies[2]: “a” stands twice.',
      'access_policies[2]: It needs a value of desk.',
      'access_policies[3]: It needs the column that is masked.',
      'access_policies[3]: x is hidden and masked.',
      'access_policies[4]: It needs a column that is visible.',
      'access_policies[6]: y is visible and hidden.',
    ]);
  });

  it('have places that the server names', () => {
    expect(placeName('access_policies[1].rows[0]')).toBe('Access policy 2');
    const problem = {
      type: 'about:blank',
      title: 'No',
      status: 400,
      code: 'invalid' as const,
      errors: [{ field: 'access_policies[0].rows[0].member', detail: 'no such dimension' }],
    };
    expect(saidElsewhere(problem)).toBeNull();
  });
});
