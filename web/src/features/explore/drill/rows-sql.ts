// The rows behind a cell as a statement: the filters of the page and the group of the cell, in the words of SQL and with the
// meaning that the query language gives them (docs/api.md). What SQL cannot say here is a problem in words. Pure.
import type { Cell, Filter, MeasureKind, MemberFilter, Model } from '@/api/types';
import { isJoined } from '@/lib/joins';
import { fromMember, isMemberFilter } from '@/lib/members';
import { datesOf } from '@/lib/result-group';
import { firstDate } from '@/lib/zoned-time';
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
}

export type RowsStatement = { sql: string } | { problem: string };

class NotInSql extends Error {}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

function memberSql(name: string, model: Model): string {
  const short = fromMember(name, model.name);
  const dimension = model.dimensions.find((entry) => entry.name === short);
  if (!dimension) throw new NotInSql('A condition on a measure has no rows of its own.');
  if (isJoined(dimension))
    throw new NotInSql(
      `“${dimension.label}” is looked up in another dataset, and these rows are listed from one.`,
    );
  if (dimension.expression) return `(${dimension.expression})`;
  return quote(dimension.column ?? dimension.name);
}

const typeOf = (name: string, model: Model): string =>
  model.dimensions.find((entry) => entry.name === fromMember(name, model.name))?.type ?? 'string';

function literal(value: Cell, type: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const written = typeof value === 'object' ? JSON.stringify(value) : value;
  if (type === 'date') return `date ${text(written)}`;
  if (type === 'timestamp') return `timestamp ${text(written)}`;
  if (type === 'integer' || type === 'float') {
    // Whole numbers are longer than those of the browser.
    if (type === 'integer' && /^-?\d+$/.test(written)) return written;
    const number = Number(written);
    if (written.trim() === '' || Number.isNaN(number))
      throw new NotInSql(`“${written}” is not a number.`);
    return String(number);
  }
  if (type === 'boolean') return written === 'true' ? 'true' : 'false';
  return text(written);
}

const orMissing = (sql: string, member: string): string => `(${sql} or ${member} is null)`;

function anyOf(member: string, values: Cell[], type: string, negated: boolean): string {
  const known = values.filter((value) => value !== null).map((value) => literal(value, type));
  const missing = known.length < values.length;
  const none = negated ? `${member} is not null` : `${member} is null`;
  if (known.length === 0) return none;
  const one = known.length === 1 ? `${negated ? '<>' : '='} ${known[0]}` : null;
  const listed = `${member} ${one ?? `${negated ? 'not in' : 'in'} (${known.join(', ')})`}`;
  if (negated) return missing ? `(${listed} and ${none})` : orMissing(listed, member);
  return missing ? `(${listed} or ${none})` : listed;
}

function matching(
  member: string,
  values: Cell[],
  [before, after]: [string, string],
  negated: boolean,
): string {
  const missing = values.includes(null);
  const parts = values
    .filter((value) => value !== null)
    .map((value) => {
      const escaped = String(value).replace(/[\\%_]/g, (sign) => `\\${sign}`);
      return `${member} ${negated ? 'not ilike' : 'ilike'} ${text(`${before}${escaped}${after}`)}`;
    });
  if (parts.length === 0) return negated ? `${member} is not null` : `${member} is null`;
  const joined =
    parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(negated ? ' and ' : ' or ')})`;
  if (negated) return missing ? `(${joined} and ${member} is not null)` : orMissing(joined, member);
  return missing ? orMissing(joined, member) : joined;
}

/** What names one instant wherever it is read; a day is compared with as a whole, and so is a local time that is there twice. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const comparisons: readonly MemberFilter['operator'][] = [
  'equals',
  'notEquals',
  'gt',
  'gte',
  'lt',
  'lte',
  'between',
  'notBetween',
];

function conditionSql(filter: MemberFilter, model: Model): string {
  const plain = memberSql(filter.member, model);
  const type = typeOf(filter.member, model);
  const values = filter.values ?? [];
  const [first = null, second = null] = values;
  const asText = type === 'string' ? plain : `cast(${plain} as varchar)`;
  const compares = comparisons.includes(filter.operator) && type === 'timestamp';
  if (compares && values.some((value) => value !== null && !instant.test(String(value))))
    throw new NotInSql('A day or a local time depends on the zone; its rows cannot be listed.');
  const compare = (sign: string): string => `${plain} ${sign} ${literal(first, type)}`;
  switch (filter.operator) {
    case 'set':
      return `${plain} is not null`;
    case 'notSet':
      return `${plain} is null`;
    case 'equals':
      return anyOf(plain, values, type, false);
    case 'notEquals':
      return anyOf(plain, values, type, true);
    case 'contains':
      return matching(asText, values, ['%', '%'], false);
    case 'notContains':
      return matching(asText, values, ['%', '%'], true);
    case 'startsWith':
      return matching(asText, values, ['', '%'], false);
    case 'notStartsWith':
      return matching(asText, values, ['', '%'], true);
    case 'endsWith':
      return matching(asText, values, ['%', ''], false);
    case 'notEndsWith':
      return matching(asText, values, ['%', ''], true);
    case 'gt':
      return compare('>');
    case 'gte':
      return compare('>=');
    case 'lt':
      return compare('<');
    case 'lte':
      return compare('<=');
    case 'between':
      return `${plain} between ${literal(first, type)} and ${literal(second, type)}`;
    case 'notBetween':
      return orMissing(
        `${plain} not between ${literal(first, type)} and ${literal(second, type)}`,
        plain,
      );
    default:
      throw new NotInSql(
        'A filter on dates depends on the zone and on today; its rows cannot be listed.',
      );
  }
}

export function filterSql(filter: Filter, model: Model): string {
  if (isMemberFilter(filter)) return conditionSql(filter, model);
  const [parts, word] = 'or' in filter ? [filter.or, ' or '] : [filter.and, ' and '];
  return `(${parts.map((part) => filterSql(part, model)).join(word)})`;
}

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

/** What has to hold for the rows that a measure counts, where it is made of all of them and of no others. */
function measureFilters({ model, measure: name }: RowsQuestion): readonly Filter[] {
  const measure = model.measures.find((entry) => entry.name === name);
  if (!measure) return [];
  if (computed.includes(measure.kind))
    throw new NotInSql(`“${measure.label}” is computed from other numbers, not from rows.`);
  if (someRows.includes(measure.kind))
    throw new NotInSql(`“${measure.label}” is made of only some of the rows of its group.`);
  return measure.filters ?? [];
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

export function rowsSql(question: RowsQuestion): RowsStatement {
  const { model, group, filters } = question;
  try {
    const own = measureFilters(question);
    const conditions = [
      ...group.members.map(({ member, value }) =>
        conditionSql({ member, operator: 'equals', values: [value] }, model),
      ),
      ...[...filters, ...own].map((filter) => filterSql(filter, model)),
    ];
    const span =
      group.bucket === null
        ? question.range
        : bucketSpan(group.bucket, question.range, question.zone);
    const time = group.bucket?.member ?? question.time;
    if (span !== null && time !== null) {
      const member = memberSql(time, model);
      // SQL takes a date for midnight in UTC, so dates are compared with dates.
      const isDate = typeOf(time, model) === 'date';
      const { from, to } = isDate ? dateSpan(question) : span;
      const at = (end: string): string => `${isDate ? 'date' : 'timestamp'} ${text(end)}`;
      conditions.push(`${member} >= ${at(from)}`, `${member} < ${at(to)}`);
    }
    const where =
      conditions.length === 0 ? '' : `\nwhere ${[...new Set(conditions)].join('\n  and ')}`;
    return { sql: `select *\nfrom ${quote(model.dataset)}${where}\nlimit ${MOST_SHOWN}` };
  } catch (error) {
    if (error instanceof NotInSql) return { problem: error.message };
    throw error;
  }
}
