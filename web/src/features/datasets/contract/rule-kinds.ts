// The kinds of rules: what each asks in words, and its parameters with how they are asked for. The types come from the API, so
// that a parameter that is new there is missing here for the compiler too. docs/contracts.md says it all.
import type { ColumnType, ContractRule } from '@/api/types';
import type { Field, Kind } from '../drafts/field';
import { typeWords } from '@/components/type-sign';
import { columnTypes } from '../type-mark';

export type Check = ContractRule['check'];
type Parameters<C extends Check> = Omit<Extract<ContractRule, { check: C }>, 'check'>;

type Kinds = {
  [C in Check]: { label: string; does: string; fields: { [P in keyof Parameters<C>]-?: Field } };
};

const column: Field = { label: 'Column', asked: 'column', required: true };
const reactions = [
  ['reject', 'is rejected'],
  ['null', 'stays without the value'],
  ['fail', 'ends the load'],
] as const;
const otherwise: Field = {
  label: 'A row that does not hold to it',
  asked: 'choice',
  fallback: 'reject',
  options: reactions,
};
/** Where there is no value that could be made missing. */
const otherwiseWhole: Field = {
  ...otherwise,
  options: reactions.filter(([reaction]) => reaction !== 'null'),
};

export const ruleKinds: Kinds = {
  required: {
    label: 'Not missing',
    does: 'The column has a value in every row.',
    fields: { column, on_violation: otherwiseWhole },
  },
  type: {
    label: 'Type',
    does: 'Every value is of the type that the column has.',
    fields: {
      column,
      type: {
        label: 'Type',
        asked: 'choice',
        required: true,
        options: columnTypes.map((type) => [type, typeWords[type].label] as const),
      },
      on_violation: otherwise,
    },
  },
  range: {
    label: 'Range',
    does: 'A number or a time lies between two bounds, or on one side of one.',
    fields: {
      column,
      on_violation: otherwise,
      min: { label: 'Least', asked: 'text', hint: 'Left empty, there is no least value.' },
      max: { label: 'Greatest', asked: 'text', hint: 'Left empty, there is no greatest value.' },
      exclusive: { label: 'The bounds themselves lie outside', asked: 'flag' },
    },
  },
  allowed: {
    label: 'Allowed values',
    does: 'The value is one of a list.',
    fields: {
      column,
      on_violation: otherwise,
      values: { label: 'Values', asked: 'lines', required: true },
    },
  },
  pattern: {
    label: 'Pattern',
    does: 'The whole text matches a regular expression.',
    fields: {
      column,
      pattern: {
        label: 'Regular expression',
        asked: 'code',
        required: true,
        hint: 'For example [A-Z]{2}',
      },
      on_violation: otherwise,
    },
  },
  reference: {
    label: 'Reference',
    does: 'The value stands in a column of another dataset when the load begins.',
    fields: {
      column,
      on_violation: otherwise,
      dataset: { label: 'Dataset', asked: 'dataset', required: true },
      key: { label: 'Column there', asked: 'key', required: true, of: 'dataset' },
    },
  },
  unique: {
    label: 'Unique key',
    does: 'No two rows have the same values in these columns.',
    fields: {
      columns: { label: 'Columns', asked: 'columns', required: true },
      on_violation: otherwiseWhole,
    },
  },
};

export const kindOf = (check: string): Kind | undefined =>
  (ruleKinds as unknown as Record<string, Kind | undefined>)[check];

export const labelOf = (check: string): string => kindOf(check)?.label ?? check;

/** Whether a rule can be about a column of this type. */
export function fits(check: string, type: ColumnType): boolean {
  if (check === 'required') return true;
  if (check === 'pattern') return type === 'string';
  if (check === 'range') return ['integer', 'float', 'date', 'timestamp'].includes(type);
  return type !== 'struct' && type !== 'list';
}
