// Rules while they are typed. Bounds and allowed values are texts in their fields and are sent as what the column holds:
// numbers, truth values, texts, days. Pure.
import type { Cell, ColumnType, ContractRule, DatasetColumn } from '@/api/types';
import { draftsOf } from '../drafts/draft';
import type { Drafts, ItemDraft } from '../drafts/draft';
import { booleanOf, cellProblem } from '../rejects/correct-row';
import { kindOf } from './rule-kinds';

function cellOf(type: ColumnType | undefined, typed: string): Cell {
  const text = typed.trim();
  switch (type) {
    case 'integer':
    case 'float':
      return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      return booleanOf(text) ?? text;
    case 'string':
      return typed;
    default:
      return text;
  }
}

/** A number beyond these would be another one when it is written. */
function numberProblem(type: ColumnType, text: string): string | null {
  const problem = cellProblem(type, text);
  if (problem !== null || type !== 'integer') return problem;
  return text === '' || Number.isSafeInteger(Number(text))
    ? null
    : 'Enter a number of up to 15 digits';
}

const typed = (values: unknown): readonly string[] =>
  Array.isArray(values) ? (values as string[]).filter((text) => text !== '') : [];

type Columns = readonly Pick<DatasetColumn, 'name' | 'type'>[];

export function ruleDrafts(columns: Columns): Drafts<ContractRule> {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const typeOf = (column: unknown): ColumnType | undefined => types.get(String(column));

  const drafts = draftsOf<ContractRule>({
    tag: 'check',
    kindOf,
    finish: (rule) => {
      const type = typeOf(rule.column);
      const made = { ...rule };
      for (const bound of ['min', 'max']) {
        if (typeof made[bound] === 'string') made[bound] = cellOf(type, made[bound]);
      }
      if (rule.check === 'allowed') {
        made.values = typed(rule.values).map((text) => cellOf(type, text));
      }
      return made;
    },
  });

  const problemsOf = (draft: ItemDraft<ContractRule>): Record<string, string> => {
    const problems = drafts.problemsOf(draft);
    const type = typeOf(draft.values.column);
    if (draft.kept || type === undefined) return problems;
    const say = (parameter: string, problem: string | null): void => {
      if (problem !== null) problems[parameter] ??= problem;
    };
    if (draft.kind === 'range') {
      const bounds = [String(draft.values.min).trim(), String(draft.values.max).trim()] as const;
      say(
        'min',
        bounds.every((bound) => bound === '') ? 'Enter a least or a greatest value' : null,
      );
      say('min', numberProblem(type, bounds[0]));
      say('max', numberProblem(type, bounds[1]));
    }
    if (draft.kind === 'allowed') {
      const wrong = typed(draft.values.values).find(
        (text) => numberProblem(type, text.trim()) !== null,
      );
      say(
        'values',
        wrong === undefined
          ? null
          : `\u201c${wrong}\u201d: ${numberProblem(type, wrong.trim()) ?? ''}`,
      );
    }
    return problems;
  };

  return { ...drafts, problemsOf };
}

/** Whether a rule has a whole number that was rounded on its way here, and would be sent back as another one. */
export function isRounded(rule: ContractRule, columns: Columns): boolean {
  if (!('column' in rule)) return false;
  const type = columns.find(({ name }) => name === rule.column)?.type;
  // The numbers of a float are what they are here too.
  if (type !== undefined && type !== 'integer') return false;
  return Object.values(rule)
    .flat()
    .some((value) => Number.isInteger(value) && !Number.isSafeInteger(value));
}
