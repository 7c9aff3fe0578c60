// The groups of an answer: which rows are behind one of its numbers, in words and as a question about them alone. Pure.
import type { Cell, ColumnType, Filter, Model, ResultColumn, SemanticQuery } from '@/api/types';
import { formatCell } from './format';
import { formatCalendar, within } from './format/calendar';
import { looksElsewhere } from './measure-reach';
import { modelOf } from './members';
import { rangeLabel } from './range-label';
import { without } from './without';
import { firstDate, nextBucket, unitsOf } from './zoned-time';

/** A value that a group is of. */
export interface Member {
  member: string;
  label: string;
  type: ColumnType;
  value: Cell;
}

/** The group behind a cell: values of dimensions, and a bucket of time. */
export interface CellGroup {
  members: Member[];
  bucket: {
    member: string;
    start: string;
    grain: NonNullable<ResultColumn['grain']>;
    /** How many of the grain; one where nothing is said. */
    units?: number;
  } | null;
}

type Bucket = NonNullable<CellGroup['bucket']>;

export interface ResultPart {
  column: ResultColumn;
  values: Cell[];
}

/** The group that a row's heads make. */
export function groupOfRow(heads: readonly ResultPart[], row: number): CellGroup {
  const group: CellGroup = { members: [], bucket: null };
  for (const { column, values } of heads) {
    const value = values[row] ?? null;
    if (column.role === 'time' && column.grain) {
      if (typeof value === 'string')
        group.bucket = {
          member: column.name,
          start: value,
          grain: column.grain,
          units: unitsOf(column.interval),
        };
      else
        group.members.push({ member: column.name, label: column.label, type: column.type, value });
    } else {
      group.members.push({ member: column.name, label: column.label, type: column.type, value });
    }
  }
  return group;
}

export const valueOf = ({ value, type }: Member): string =>
  value === null
    ? '(no value)'
    : formatCell(value, { type, format: type === 'integer' ? 'd' : null });

export function groupTitle(group: CellGroup, zone: string): string {
  const parts = group.members.map((member) => `${member.label} ${valueOf(member)}`);
  if (group.bucket !== null) {
    const start = Date.parse(group.bucket.start);
    const { grain, units } = group.bucket;
    parts.push(rangeLabel(start, nextBucket(start, grain, zone, units), zone));
  }
  return parts.join(', ') || 'Everything';
}

const isValue = ({ member, value }: Member): Filter =>
  value === null ? { member, operator: 'notSet' } : { member, operator: 'equals', values: [value] };

/** The dates of a bucket, from the first one up to the first one after it. Dates lie in no zone and are compared with dates. */
export function datesOf(
  { start, grain, units }: Bucket,
  zone: string,
  dayStart = 0,
): { from: string; to: string } {
  const from = firstDate(Date.parse(start), zone, dayStart);
  const isShort = grain === 'second' || grain === 'minute' || grain === 'hour';
  const to = nextBucket(Date.parse(from), isShort ? 'day' : grain, 'UTC', isShort ? 1 : units);
  return { from, to: new Date(to).toISOString().slice(0, 10) };
}

/** The instants of a bucket; what the question asks of the time besides stays as it is. */
function inBucket(
  bucket: Bucket,
  models: readonly Model[],
  zone: string,
  dayStart: number,
): Filter[] {
  const { member, start, grain, units } = bucket;
  const model = models.find(({ name }) => name === modelOf(member));
  const dimension = model?.dimensions.find(({ name }) => member === `${model.name}.${name}`);
  const span =
    dimension?.type === 'date'
      ? datesOf(bucket, zone, dayStart)
      : {
          from: new Date(start).toISOString(),
          to: new Date(nextBucket(Date.parse(start), grain, zone, units)).toISOString(),
        };
  return [
    { member, operator: 'gte', values: [span.from] },
    { member, operator: 'lt', values: [span.to] },
  ];
}

/**
 * The question about one group, and about one of its measures where one is named. null: a number of it looks at other
 * groups or times too, so that about the group alone it would be another number.
 */
export function groupQuery(
  query: SemanticQuery,
  group: CellGroup,
  models: readonly Model[],
  zone: string,
  measure: string | null = null,
): SemanticQuery | null {
  const measures = measure === null ? (query.measures ?? []) : [measure];
  const elsewhere = measures.some((member) => {
    const model = models.find(({ name }) => name === modelOf(member));
    return model !== undefined && looksElsewhere(member.slice(model.name.length + 1), model);
  });
  if (elsewhere) return null;
  const { dimensions, timeDimensions, segments, timezone, calendar, exact, asOf } = query;
  const dayStart = within(calendar, formatCalendar()).dayStart ?? 0;
  const filters = [
    ...(query.filters ?? []),
    ...group.members.map(isValue),
    ...(group.bucket === null ? [] : inBucket(group.bucket, models, zone, dayStart)),
  ];
  // A bucket that was filled has no rows, and what is told apart no longer depends on others.
  return {
    measures,
    ...(dimensions ? { dimensions } : {}),
    ...(timeDimensions
      ? { timeDimensions: timeDimensions.map((time) => without(time, 'fill')) }
      : {}),
    ...(filters.length > 0 ? { filters } : {}),
    ...(segments ? { segments } : {}),
    ...(timezone ? { timezone } : {}),
    ...(calendar ? { calendar } : {}),
    ...(typeof exact === 'boolean' ? { exact } : {}),
    ...(asOf === undefined ? {} : { asOf }),
  };
}
