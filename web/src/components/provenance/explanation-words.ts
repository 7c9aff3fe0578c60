// What asking would cost, in words: what would be read and how, about how long that takes, and whether it may. Who sees some rows
// only is told how many of these are looked at, and neither segments nor a time. Pure.
import type { Explanation } from '@/api/types';
import { formatCount, formatNumber } from '@/lib/format';
import { rollupFacts } from './provenance-words';
import type { Fact, FactGroup } from './provenance-words';

const count = (value: number): string => formatNumber(value, 'integer', 'full');
const bytes = (value: number): string => formatNumber(value, 'bytes', 'full');

const duration = (ms: number): string =>
  ms < 1 ? 'less than a millisecond' : `${count(Math.round(ms))} ms`;

const units = (cost: number): string => formatCount(cost, 'unit of cost', 'units of cost');

/** Cost is a word of who bounds it. */
const readText = ({ rows, bytes: size, cost, budget }: Explanation): string =>
  [formatCount(rows, 'row'), bytes(size), budget.cost == null ? null : units(cost)]
    .filter((part) => part !== null)
    .join(', ');

function budgetFact({ budget, within_budget: fits }: Explanation): Fact {
  const bounds = [
    budget.rows == null ? null : formatCount(budget.rows, 'row'),
    budget.bytes == null ? null : bytes(budget.bytes),
    budget.cost == null ? null : units(budget.cost),
  ].filter((bound) => bound !== null);
  if (bounds.length === 0) return { name: 'Budget', value: 'none' };
  return { name: 'Budget', value: `${bounds.join(' and ')}: ${fits ? 'within' : 'over'}` };
}

function readFacts(explanation: Explanation): Fact[] {
  const { estimated_ms: ms } = explanation;
  if (ms == null) {
    return [
      {
        name: 'Looked at',
        value: readText(explanation),
        hint: 'Of the rows that a rule lets you see. What is read for them, and how long that takes, would tell of all rows.',
      },
    ];
  }
  return [
    {
      name: 'Segments',
      value: [
        `${count(explanation.segments_kept)} answers kept`,
        `${count(explanation.segments_by_rollup)} by rollups`,
        `${count(explanation.segments_from_rows)} from rows`,
        `${count(explanation.segments_pruned)} skipped`,
        `of ${count(explanation.segments_total)}`,
      ].join(', '),
    },
    { name: 'To be read', value: readText(explanation) },
    { name: 'About', value: duration(ms) },
  ];
}

/** Several have no version that is one number; a statement may read none. */
function datasetText({ dataset, version }: Explanation): string {
  if (dataset === '') return 'none';
  return version === 0 ? dataset : `${dataset}, version ${count(version)}`;
}

export function explanationGroups(explanation: Explanation): FactGroup[] {
  const { aggregates, rollups } = explanation;
  return [
    {
      title: 'Asked now',
      facts: [
        { name: 'Dataset', value: datasetText(explanation) },
        ...readFacts(explanation),
        budgetFact(explanation),
        ...explanation.suggestions.map((suggestion) => ({ name: 'Instead', value: suggestion })),
      ],
    },
    ...(aggregates.length > 0
      ? [
          {
            title: 'How it is computed',
            facts: aggregates.map(({ aggregate, kernel }) => ({ name: aggregate, value: kernel })),
          },
        ]
      : []),
    ...(rollups.length > 0 ? [{ title: 'Rollups', facts: rollupFacts(rollups) }] : []),
  ];
}

/** The same in a sentence, for who hears it. */
export function explanationLine(explanation: Explanation): string {
  const { estimated_ms: ms } = explanation;
  const read =
    ms == null
      ? `Would look at ${readText(explanation)} of what you see`
      : `Would read ${readText(explanation)}, in about ${duration(ms)}`;
  return explanation.within_budget ? read : `${read}; over the budget`;
}
