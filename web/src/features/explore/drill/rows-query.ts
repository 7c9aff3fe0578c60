// The rows behind a cell as a question for rows that are not grouped: the filters of the page, the group of the cell and its
// time. The engine says what they mean, as it did for the number. Pure.
import type { AsOf, Calendar, Filter, MeasureKind, Model, SemanticQuery } from '@/api/types';
import { isJoined } from '@/lib/joins';
import { toMember } from '@/lib/members';
import { datesOf } from '@/lib/result-group';
import { firstDate } from '@/lib/zoned-time';
import { qualify } from '../state/url-state';
import type { CellGroup } from '../table/table-model';
import { bucketSpan } from './bucket-span';
import type { Span } from './bucket-span';

export const MOST_SHOWN = 200;

export interface RowsQuestion {
  model: Model;
  filters: readonly Filter[];
  group: CellGroup;
  /** The measure of the cell, whose own filters hold for its rows. */
  measure: string | null;
  time: string | null;
  range: Span | null;
  zone: string;
  /** The hour with which days begin; midnight where nothing is said. */
  dayStart?: number | undefined;
  /** Where the question has one of its own. */
  calendar?: Calendar | null;
  asOf?: AsOf | null;
}

export type RowsFound = { query: SemanticQuery } | { problem: string };

const someRows: readonly MeasureKind[] = ['first', 'last', 'balance'];
const computed: readonly MeasureKind[] = [
  'number',
  'ratio',
  'share_of_total',
  'rank',
  'cumulative',
  'rolling',
  'time_shift',
];

/** Why the rows that a measure is made of are not those of its group. */
function measureProblem({ model, measure: name }: RowsQuestion): string | null {
  const measure = model.measures.find((entry) => entry.name === name);
  if (!measure) return null;
  if (computed.includes(measure.kind))
    return `“${measure.label}” is computed from other numbers, not from rows.`;
  if (someRows.includes(measure.kind))
    return `“${measure.label}” is made of only some of the rows of its group.`;
  return null;
}

/** The dates of the bucket of a cell, cut at the ends of the range that was asked, where there are both. */
function dateSpan({ group: { bucket }, range, zone, dayStart }: RowsQuestion): Span {
  const asked = range && {
    from: firstDate(Date.parse(range.from), zone, dayStart),
    to: firstDate(Date.parse(range.to), zone, dayStart),
  };
  const own = bucket && datesOf(bucket, zone, dayStart);
  const spans = [asked, own].filter((span) => span !== null);
  // Dates as they are written have the order of the calendar.
  const from = spans
    .map((span) => span.from)
    .sort()
    .at(-1);
  const to = spans.map((span) => span.to).sort()[0];
  return { from: from ?? '', to: to ?? '' };
}

function timeFilters(question: RowsQuestion): Filter[] {
  const { model, group, range, zone } = question;
  const span = group.bucket === null ? range : bucketSpan(group.bucket, range, zone);
  const time = group.bucket?.member ?? question.time;
  if (span === null || time === null) return [];
  const member = toMember(time, model.name);
  const type = model.dimensions.find((entry) => toMember(entry.name, model.name) === member)?.type;
  const { from, to } = type === 'date' ? dateSpan(question) : span;
  return [
    { member, operator: 'gte', values: [from] },
    { member, operator: 'lt', values: [to] },
  ];
}

/** What is shown of each row: what the measure says, as far as the model has it, or else every dimension of the model itself. */
function shownOf({ model, measure: name }: RowsQuestion): string[] {
  const own = model.dimensions.filter((dimension) => !isJoined(dimension));
  const said = model.measures.find((entry) => entry.name === name)?.drill ?? [];
  const shown = said.filter((dimension) => own.some((entry) => entry.name === dimension));
  return shown.length > 0 ? shown : own.map((entry) => entry.name);
}

export function rowsQuery(question: RowsQuestion): RowsFound {
  const { model, group, filters, measure, zone, asOf = null, calendar = null } = question;
  const problem = measureProblem(question);
  if (problem !== null) return { problem };
  const own = model.measures.find((entry) => entry.name === measure)?.filters ?? [];
  const conditions = [
    ...group.members.map(({ member, value }): Filter => ({
      member: toMember(member, model.name),
      operator: 'equals',
      values: [value],
    })),
    ...[...filters, ...own].map((filter) => qualify(filter, model.name)),
    ...timeFilters(question),
  ];
  return {
    query: {
      ungrouped: true,
      dimensions: shownOf(question).map((name) => toMember(name, model.name)),
      ...(conditions.length === 0 ? {} : { filters: conditions }),
      limit: MOST_SHOWN,
      total: true,
      timezone: zone,
      ...(calendar === null ? {} : { calendar }),
      ...(asOf === null ? {} : { asOf }),
    },
  };
}
