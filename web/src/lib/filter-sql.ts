// Filters as conditions of SQL over the columns of the dataset of a model, by which its rows are deleted, with the meaning that
// the query language gives them (docs/api.md). What SQL cannot say here is a problem in words. Pure.
import type { Cell, Filter, MemberFilter, Model } from '@/api/types';
import { isJoined } from './joins';
import { fromMember, isMemberFilter } from './members';

/** Why a filter has no words in SQL. */
export class NotInSql extends Error {}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

function memberSql(name: string, model: Model): string {
  const short = fromMember(name, model.name);
  const dimension = model.dimensions.find((entry) => entry.name === short);
  if (!dimension) throw new NotInSql('A condition on a measure has no rows of its own.');
  if (isJoined(dimension))
    throw new NotInSql(
      `“${dimension.label}” is looked up in another dataset, and rows are deleted by what they have themselves.`,
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
    throw new NotInSql(
      'A day or a local time depends on the zone; write the instant to delete rows by it.',
    );
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
        'A filter on dates depends on the zone and on today; no rows are deleted by it.',
      );
  }
}

export function filterSql(filter: Filter, model: Model): string {
  if (isMemberFilter(filter)) return conditionSql(filter, model);
  const [parts, word] = 'or' in filter ? [filter.or, ' or '] : [filter.and, ' and '];
  return `(${parts.map((part) => filterSql(part, model)).join(word)})`;
}
