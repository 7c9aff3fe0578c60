// Steps while they are typed, and the columns that come to each of them. Pure.
import type { ColumnField, Step } from '@/api/types';
import { draftsOf } from '../drafts/draft';
import type { ItemDraft } from '../drafts/draft';
import { kindOf } from './step-kinds';

export const stepDrafts = draftsOf<Step>({ tag: 'op', kindOf });

/** The columns that come to the step at a place, by name, as far as the steps before it say. */
export function columnsAt(
  source: readonly ColumnField[],
  steps: readonly ItemDraft<Step>[],
  place: number,
): string[] {
  const fieldsOf = new Map(source.map(({ name, fields }) => [name, fields ?? []]));
  return steps.slice(0, place).reduce(
    (names, draft) => {
      const step = stepDrafts.toItem(draft);
      switch (step.op) {
        case 'rename': {
          const renamed = new Map(Object.entries(step.columns));
          return names.map((name) => renamed.get(name) ?? name);
        }
        case 'drop':
          return names.filter((name) => !step.columns.includes(name));
        case 'flatten': {
          const prefix = step.prefix ?? `${step.column}_`;
          const made = (fieldsOf.get(step.column) ?? []).map(({ name }) => `${prefix}${name}`);
          return names.flatMap((name) => (name === step.column ? made : [name]));
        }
        default:
          return [...new Set([...names, ...madeBy(step)])];
      }
    },
    source.map(({ name }) => name),
  );
}

function madeBy(step: Step): string[] {
  switch (step.op) {
    case 'derive':
      return step.column === '' ? [] : [step.column];
    case 'split':
      return step.into;
    case 'look_up':
      return Object.values(step.take);
    case 'parse_date':
    case 'parse_number':
    case 'unit':
      return step.into ? [step.into] : [];
    default:
      return [];
  }
}
