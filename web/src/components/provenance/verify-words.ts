// What came out when an answer was computed again from its rows, in words. Pure.
import type { Explainable } from '@/api/explain-api';
import type { Cell, Difference, Problem, ResultColumn, Verification } from '@/api/types';
import { formatCell, formatCount, formatElapsed, formatExact, formatNumber } from '@/lib/format';

export interface Verdict {
  title: string;
  details: string[];
}

/** "flights, version 3" */
const dataText = ({ versions }: Verification): string =>
  versions
    .map(({ dataset, version }) => `${dataset}, version ${formatNumber(version, 'integer')}`)
    .join('; ');

/** How long it took, which who sees some rows only is not told. */
const elapsedText = ({ answered_ms: answered, recomputed_ms: recomputed }: Verification): string =>
  answered == null || recomputed == null
    ? ''
    : ` Answering took ${formatElapsed(answered)}, computing again from the rows ${formatElapsed(recomputed)}.`;

export function verdictOf(verification: Verification): Verdict {
  const { equal, rows, values, recomputed, difference_count: differences } = verification;
  const read = recomputed.rows_scanned;
  return {
    title: equal
      ? 'The same to the last digit'
      : `${formatCount(differences, 'difference')} between the answer and its rows`,
    details: [
      // Who sees some rows only is not told how many there are.
      [read > 0 ? `${formatCount(read, 'row')} read` : null, dataText(verification)]
        .filter(Boolean)
        .join(', ')
        .replace(/^(?!\d)/, 'Computed from '),
      `${formatCount(values, 'value')} in ${formatCount(rows, 'row')} of the answer compared.${elapsedText(verification)}`,
    ],
  };
}

/** A difference as a line: where, what was answered, and what the rows say. */
export interface DifferenceLine {
  place: string;
  answered: string;
  recomputed: string;
}

const columnOf = (name: string, columns: readonly ResultColumn[]): ResultColumn | undefined =>
  columns.find((column) => column.name === name);

const exactText = (value: Cell, column: ResultColumn | undefined): string =>
  typeof value === 'number'
    ? formatExact(value, column?.format ?? 'number')
    : value === null
      ? 'no value'
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value);

export function differenceLine(
  difference: Difference,
  columns: readonly ResultColumn[],
  zone: string,
): DifferenceLine {
  const { kind, row, column: name, answered, recomputed } = difference;
  const group = Object.entries(row).map(([member, value]) => {
    const head = columnOf(member, columns);
    const text =
      value === null
        ? '(no value)'
        : head
          ? formatCell(value, {
              type: head.type,
              grain: head.grain ?? null,
              format: head.type === 'integer' ? 'd' : head.format,
              zone,
            })
          : String(value);
    return `${head?.label ?? member} ${text}`;
  });
  const where = group.join(', ');
  const column = name ? columnOf(name, columns) : undefined;
  const both = {
    answered: exactText(answered, column),
    recomputed: exactText(recomputed, column),
  };
  switch (kind) {
    case 'value':
      return { place: [where, column?.label ?? name].filter(Boolean).join(': '), ...both };
    case 'only_answered':
      return { place: where || 'A row', answered: 'there', recomputed: 'not there' };
    case 'only_recomputed':
      return { place: where || 'A row', answered: 'not there', recomputed: 'there' };
    case 'order': {
      const at = (place: Cell): string =>
        typeof place === 'number' ? `place ${place + 1}` : exactText(place, undefined);
      return {
        place: `Order: ${where || 'a row'}`,
        answered: at(answered),
        recomputed: at(recomputed),
      };
    }
    case 'whole':
      return { place: wholeWords[name ?? ''] ?? 'The answer as a whole', ...both };
  }
}

const wholeWords: Record<string, string> = {
  columns: 'Columns of the answer',
  total_rows: 'Rows in all',
  truncated: 'Whether the answer was cut',
};

/** What whoever asked can do when there is no result. */
export function whatToDo(problem: Problem, isStatement = false): string {
  switch (problem.code) {
    case 'exhausted':
      if (isStatement)
        return 'Reading all rows is more than is allowed or takes too long. Ask about fewer rows, and compute that again.';
      return 'Reading all rows is more than is allowed or takes too long. Choose a single number above, or ask about a shorter range of time, and compute that again.';
    case 'invalid':
    case 'not_found':
      if (isStatement)
        return 'Nothing was compared. Change the statement, run it, and compute that again.';
      return 'The question cannot be asked any more as it stands: the model, the data or the state may have changed. Close this, ask again, and compute again then.';
    case 'denied':
      return 'Ask an admin of your organisation for access.';
    case 'network':
    case 'unavailable':
      return 'Nothing was compared. Try again when the server can be reached.';
    case 'corrupt':
      return 'A stored segment cannot be read. Tell whoever runs the server; loading the rows again repairs it.';
    default:
      return 'Nothing was compared. Try again; if it stays, copy the details for whoever runs the server.';
  }
}

/** All of it as text, for whoever runs the server. */
export function reportText(
  verification: Verification,
  columns: readonly ResultColumn[],
  query: Explainable,
): string {
  const zone = verification.answered.timezone;
  const { title, details } = verdictOf(verification);
  return [
    title,
    ...details,
    ...verification.differences.map((difference) => {
      const { place, answered, recomputed } = differenceLine(difference, columns, zone);
      return `${place}: answered ${answered}, from rows ${recomputed}`;
    }),
    JSON.stringify(query),
  ].join('\n');
}
