// What a number is made of, in words: how its measures are defined, what is counted, and who brought the rows. Pure.
import type {
  AppliedRange,
  Cell,
  CommitLineage,
  DatasetLineage,
  DimensionLineage,
  Filter,
  Lineage,
  MeasureLineage,
  Model,
  ModelMeasure,
  WayLineage,
} from '@/api/types';
import { formatCount, formatInstant, formatNumber } from '@/lib/format';
import { operatorLabel, valueText } from '@/lib/filter-words';
import { isMemberFilter, memberLabel, modelOf } from '@/lib/members';
import { rangeLabel } from '@/lib/range-label';
import { sourceName } from '@/lib/version-words';
import { withRelative } from './provenance-words';

const instant = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

const cellText = (value: Cell, zone: string): string =>
  typeof value === 'string' && instant.test(value)
    ? formatInstant(value, zone, 'second')
    : valueText(value);

/** A condition with all of its values: who asks what was counted wants to know each. */
export function conditionText(filter: Filter, models: readonly Model[], zone: string): string {
  if (!isMemberFilter(filter)) {
    const [parts, word] = 'or' in filter ? [filter.or, ' or '] : [filter.and, ' and '];
    return parts
      .map((part) => {
        const words = conditionText(part, models, zone);
        return isMemberFilter(part) ? words : `(${words})`;
      })
      .join(word);
  }
  const values = (filter.values ?? []).map((value) => cellText(value, zone));
  const between = ['between', 'notBetween', 'inDateRange', 'notInDateRange'];
  const joined = values.join(between.includes(filter.operator) ? ' to ' : ' or ');
  return [memberLabel(filter.member, models), operatorLabel(filter.operator), joined]
    .filter(Boolean)
    .join(' ');
}

/** What a measure is, in a sentence; and, where that is written in SQL, the expression. */
export interface Definition {
  words: string;
  expression: string | null;
}

const quantileName = (quantile: number): string =>
  quantile === 0.5 ? 'Median' : `${formatNumber(quantile * 100, 'number')}th percentile`;

const overRows: Partial<Record<ModelMeasure['kind'], string>> = {
  sum: 'Sum',
  avg: 'Average',
  min: 'Least value',
  max: 'Greatest value',
  count_distinct: 'Number of different values',
  count_distinct_approx: 'Estimated number of different values',
  first: 'Earliest value',
  last: 'Latest value',
  balance: 'Sum of the latest values',
};

/** ` within the same country and month`. */
const alike = ({ within }: ModelMeasure): string =>
  within?.length
    ? ` within the same ${within.map((name) => (name.split('.').at(-1) ?? name).replaceAll('_', ' ')).join(' and ')}`
    : '';

export function definitionOf(
  { member, definition: measure }: Pick<MeasureLineage, 'member' | 'definition'>,
  lineage: Pick<Lineage, 'measures'>,
): Definition {
  const model = modelOf(member);
  const labelOf = (name: string | null | undefined): string =>
    lineage.measures.find((entry) => entry.member === `${model}.${name}`)?.definition.label ??
    (name ?? '').replaceAll('_', ' ');
  const of = labelOf(measure.measure);
  const span = measure.span ? formatCount(measure.span.count, measure.span.unit) : '';
  const computed = (words: string): Definition => ({ words, expression: null });
  switch (measure.kind) {
    case 'number':
      return computed(
        (measure.expression ?? '').replace(/\{\s*([^{}]+?)\s*\}/g, (_all, name: string) =>
          labelOf(name),
        ),
      );
    case 'ratio':
      return computed(`${of} divided by ${labelOf(measure.denominator)}`);
    case 'share_of_total':
      return computed(`${of} of the group as a part of ${of} of all groups${alike(measure)}`);
    case 'rank':
      return computed(`Place of the group by ${of}${alike(measure)}, the greatest first`);
    case 'cumulative':
      return computed(`${of} from the beginning of the data to the end of each bucket`);
    case 'rolling':
      return computed(`${of} over ${span}, each bucket included`);
    case 'time_shift':
      return computed(`${of} as it was ${span} before`);
    default: {
      const { column, expression } = measure;
      const name =
        measure.kind === 'quantile'
          ? quantileName(measure.quantile ?? 0.5)
          : (overRows[measure.kind] ?? 'Count');
      if (measure.kind === 'count')
        return column || expression
          ? {
              words: `Number of rows with a value in ${column ? `column ${column}` : 'an expression'}`,
              expression: expression ?? null,
            }
          : computed('Number of rows');
      const by = measure.by?.length ? `, for each ${measure.by.join(' and ')}` : '';
      return {
        words: `${name} of ${expression ? 'an expression' : `column ${column ?? measure.name}`}${by}`,
        expression: expression ?? null,
      };
    }
  }
}

/** `Carrier` for a column of that name, else with what it is made of. */
export function dimensionText({ member, model, definition }: DimensionLineage): string {
  const { label, column, expression } = definition;
  const from = modelOf(member) === model ? '' : ` of ${model}`;
  if (expression) return `${label}${from}: ${expression}`;
  return `${label}${from}: column ${column ?? definition.name}`;
}

/** `orders > customers > home (countries)`: from rows that are counted to what is looked up for them. */
export function wayText({ from, steps }: WayLineage): string {
  const models = steps.map(({ join, model }) => (join === model ? join : `${join} (${model})`));
  return [from, ...models].join(' > ');
}

export function rangeText(
  { member, from, to, relative }: AppliedRange,
  models: readonly Model[],
  zone: string,
): string {
  const label = memberLabel(member, models);
  if (from === null && to === null) return `${label}: all time`;
  if (from !== null && to !== null)
    return `${label}: ${withRelative(rangeLabel(Date.parse(from), Date.parse(to), zone), relative)}`;
  return from !== null
    ? `${label}: from ${formatInstant(from, zone, 'minute')} on`
    : `${label}: before ${formatInstant(to, zone, 'minute')}`;
}

/** Everything that leaves rows out, a line each. */
export function conditionsOf(lineage: Lineage, models: readonly Model[]): string[] {
  const zone = lineage.timezone;
  return [
    ...lineage.time_ranges.map((range) => rangeText(range, models, zone)),
    ...lineage.filters.map(({ filter, segment }) => {
      const words = conditionText(filter, models, zone);
      const named = segment
        ? models
            .find(({ name }) => name === modelOf(segment))
            ?.segments?.find(({ name }) => `${modelOf(segment)}.${name}` === segment)
        : undefined;
      return segment ? `${named?.label ?? segment}: ${words}` : words;
    }),
  ];
}

/** "5 of 14 segments may hold rows that count: 84,387 rows" */
export function segmentsText({ segments_matching, segments_total, rows }: DatasetLineage): string {
  const whole = (count: number): string => formatNumber(count, 'integer');
  if (segments_matching === 0) return 'No segment holds a row that counts.';
  return `${whole(segments_matching)} of ${formatCount(segments_total, 'segment')} may hold rows that count, with ${formatCount(rows, 'row')} in all.`;
}

/** A load that brought rows, or why it cannot be told which one did. */
export interface Origin {
  key: string;
  name: string;
  loadId: string | null;
  at: string | null;
  version: number | null;
  /** Rows in the segments that may hold rows of the answer; of loads that share a commit only the first says. */
  rows: number | null;
  note: string | null;
}

export function originsOf(commits: readonly CommitLineage[]): Origin[] {
  return commits.flatMap((commit, place): Origin[] => {
    const { committed_at: at, version } = commit;
    const base = { at, version, rows: commit.rows };
    if (commit.origin === 'loaded' && commit.loads.length > 0) {
      const shared = commit.loads.length > 1;
      return commit.loads.map((load, index) => ({
        ...base,
        key: load.load_id,
        name: sourceName(load),
        loadId: load.load_id,
        rows: shared && index > 0 ? null : commit.rows,
        note:
          shared && index === 0
            ? `The rows of ${formatCount(commit.loads.length, 'load')} that share version ${version ?? '?'}.`
            : null,
      }));
    }
    return [
      {
        ...base,
        key: `commit ${version ?? place}`,
        name: commit.origin === 'rewritten' ? 'Written anew' : 'Not known',
        loadId: null,
        note:
          commit.origin === 'rewritten'
            ? `By ${commit.operation ?? 'another program'}: which loads these rows came with cannot be told apart any more.`
            : 'The history of the dataset does not go back so far any more.',
      },
    ];
  });
}
