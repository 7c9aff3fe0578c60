// The kinds of steps: what each does in words, and its parameters with how they are asked for. The types come from the API,
// so that a parameter that is new there is missing here for the compiler too. docs/steps.md says it all.
import type { Step } from '@/api/types';
import type { Field, Kind } from '../drafts/field';

export type Op = Step['op'];
type Parameters<O extends Op> = Omit<Extract<Step, { op: O }>, 'op'>;

type Kinds = {
  [O in Op]: { label: string; does: string; fields: { [P in keyof Parameters<O>]-?: Field } };
};

const column: Field = { label: 'Column', asked: 'column', required: true };
const columns: Field = { label: 'Columns', asked: 'columns', required: true };
const someColumns: Field = { label: 'Columns', asked: 'columns', hint: 'None: all texts.' };
const into: Field = {
  label: 'Into',
  asked: 'text',
  hint: 'A new column; left empty, the result takes the place of the value.',
};
const ignoreCase: Field = { label: 'Small and large letters are the same', asked: 'flag' };
const onError: Field = {
  label: 'What cannot be read',
  asked: 'choice',
  fallback: 'reject',
  options: [
    ['reject', 'rejects its row'],
    ['null', 'becomes missing'],
    ['fail', 'ends the load'],
  ],
};
const onFailure = (becomes: string): Field => ({
  label: 'A row on which it fails',
  asked: 'choice',
  fallback: 'reject',
  options: [
    ['reject', 'is rejected'],
    ['null', becomes],
    ['fail', 'ends the load'],
  ],
});
const types = [
  ['string', 'Text'],
  ['integer', 'Whole number'],
  ['float', 'Decimal'],
  ['boolean', 'Yes or no'],
  ['date', 'Date'],
  ['timestamp', 'Date and time'],
] as const;
const only = (...names: string[]) => types.filter(([type]) => names.includes(type));

export const stepKinds: Kinds = {
  trim: {
    label: 'Trim',
    does: 'Takes space off both ends of texts.',
    fields: {
      columns: someColumns,
      collapse: { label: 'Space inside becomes one blank', asked: 'flag' },
    },
  },
  case: {
    label: 'Letters',
    does: 'Writes texts in small or large letters.',
    fields: {
      columns,
      to: {
        label: 'As',
        asked: 'choice',
        required: true,
        options: [
          ['lower', 'small letters'],
          ['upper', 'LARGE LETTERS'],
          ['title', 'Large At The Beginning'],
        ],
      },
    },
  },
  null_tokens: {
    label: 'Missing values',
    does: 'What stands for nothing becomes missing.',
    fields: {
      columns: someColumns,
      tokens: { label: 'What stands for nothing', asked: 'lines', required: true },
      ignore_case: ignoreCase,
    },
  },
  replace: {
    label: 'Replace',
    does: 'Replaces a part of texts, everywhere it stands.',
    fields: {
      columns,
      find: { label: 'Find', asked: 'code', required: true },
      with: {
        label: 'Replace with',
        asked: 'code',
        required: true,
        mayBeEmpty: true,
        hint: 'Left empty, it is taken out.',
      },
      regex: { label: 'It is a regular expression', asked: 'flag' },
      ignore_case: ignoreCase,
    },
  },
  parse_date: {
    label: 'Read dates',
    does: 'Reads texts or numbers as days or instants.',
    fields: {
      column,
      formats: {
        label: 'Formats',
        asked: 'lines',
        required: true,
        hint: 'Such as %d.%m.%Y or %Y-%m-%d %H:%M:%S; the first that fits counts.',
      },
      zone: {
        label: 'Zone of texts that say none',
        asked: 'text',
        hint: 'Such as Europe/Berlin; left empty, UTC.',
      },
      to: {
        label: 'Result',
        asked: 'choice',
        fallback: '',
        options: [['', 'as the formats say'], ...only('date', 'timestamp')],
      },
      into,
      on_error: onError,
    },
  },
  parse_number: {
    label: 'Read numbers',
    does: 'Reads numbers as people write them.',
    fields: {
      column,
      decimal: { label: 'Before the fraction', asked: 'code', fallback: '.' },
      group: {
        label: 'Between thousands',
        asked: 'code',
        fallback: '',
        hint: 'A blank is any blank.',
      },
      strip: { label: 'Signs to leave out', asked: 'lines', hint: 'Such as \u20ac or km.' },
      to: {
        label: 'Result',
        asked: 'choice',
        fallback: '',
        options: [['', 'Decimal'], ...only('integer')],
      },
      into,
      on_error: onError,
    },
  },
  unit: {
    label: 'Unit',
    does: 'Gives numbers in another unit: times a factor, plus an offset.',
    fields: {
      column,
      factor: { label: 'Factor', asked: 'number', required: true },
      offset: { label: 'Offset', asked: 'number', fallback: 0 },
      into,
      on_error: onError,
    },
  },
  cast: {
    label: 'Type',
    does: 'Makes values of another type, where nothing is lost.',
    fields: {
      columns,
      to: { label: 'Type', asked: 'choice', required: true, options: types },
      on_error: onError,
    },
  },
  derive: {
    label: 'Compute',
    does: 'A column by SQL over the others of its row.',
    fields: {
      column: { label: 'Column', asked: 'text', required: true, hint: 'New or not.' },
      expression: { label: 'Expression', asked: 'code', required: true, hint: 'price * amount' },
      on_error: onFailure('has no value'),
    },
  },
  split: {
    label: 'Split',
    does: 'Cuts texts at a separator into new columns.',
    fields: {
      column,
      separator: { label: 'Separator', asked: 'code', required: true },
      into: {
        label: 'New columns',
        asked: 'names',
        required: true,
        hint: 'One a line; the last gets the rest.',
      },
    },
  },
  rename: {
    label: 'Rename',
    does: 'Gives columns other names, all at once.',
    fields: {
      columns: { label: 'Columns', asked: 'pairs', required: true, sides: ['Column', 'New name'] },
    },
  },
  drop: { label: 'Drop', does: 'Takes columns out.', fields: { columns } },
  filter: {
    label: 'Filter',
    does: 'Keeps rows for which a condition is true.',
    fields: {
      condition: {
        label: 'Condition',
        asked: 'code',
        required: true,
        hint: 'amount > 0 and city is not null',
      },
      on_error: onFailure('is left out'),
    },
  },
  flatten: {
    label: 'Flatten',
    does: 'The fields of a struct become columns.',
    fields: {
      column,
      prefix: {
        label: 'Names begin with',
        asked: 'text',
        hint: "Left empty, the struct's name and _.",
      },
    },
  },
  deduplicate: {
    label: 'Equal keys',
    does: 'Keeps one row a key, of those of one load.',
    fields: {
      key: { label: 'Key', asked: 'columns', hint: 'None: whole rows are compared.' },
      keep: {
        label: 'Keep',
        asked: 'choice',
        fallback: 'first',
        options: [
          ['first', 'the first row'],
          ['last', 'the last row; the file is read twice'],
        ],
      },
    },
  },
  mask: {
    label: 'Mask',
    does: 'Hides characters of texts, all but some at the ends.',
    fields: {
      columns,
      keep_first: { label: 'Characters to keep at the beginning', asked: 'number', fallback: 0 },
      keep_last: { label: 'Characters to keep at the end', asked: 'number', fallback: 0 },
      with: { label: 'Shown as', asked: 'code', fallback: '*' },
    },
  },
  hash: {
    label: 'Hash',
    does: 'Puts a keyed hash in the place of values: equal values stay equal.',
    fields: {
      columns,
      salt: {
        label: 'Key',
        asked: 'text',
        hint: 'Left empty, a secret that nobody sees. One typed here is seen by all who may load.',
      },
    },
  },
  look_up: {
    label: 'Look up',
    does: 'Adds columns of another dataset.',
    fields: {
      dataset: { label: 'Dataset', asked: 'dataset', required: true },
      on: {
        label: 'Rows belong together where',
        asked: 'pairs',
        required: true,
        sides: ['Column here', 'equals column there'],
      },
      take: {
        label: 'Columns to add',
        asked: 'pairs',
        required: true,
        sides: ['Column there', 'Name here'],
      },
      missing: {
        label: 'Where nothing is found',
        asked: 'choice',
        fallback: 'null',
        options: [
          ['null', 'they are missing'],
          ['reject', 'the row is rejected'],
        ],
      },
    },
  },
};

export const kindOf = (op: string): Kind | undefined =>
  (stepKinds as unknown as Record<string, Kind | undefined>)[op];

export const labelOf = (op: string): string => kindOf(op)?.label ?? op;
