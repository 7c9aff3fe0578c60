// Filters in words, and the small edits that chips and clicks make to a list of filters. Pure.
import type { Cell, ColumnType, Filter, FilterOperator, MemberFilter, Model } from '@/api/types';
import { isMemberFilter, memberLabel } from './members';

export interface OperatorChoice {
  operator: FilterOperator;
  label: string;
  /** What is typed: a list of values picked from data, free text, numbers, days, a range of time, or nothing. */
  input: 'list' | 'text' | 'number' | 'numbers' | 'day' | 'range' | 'none';
}

const textOperators: OperatorChoice[] = [
  { operator: 'equals', label: 'is', input: 'list' },
  { operator: 'notEquals', label: 'is not', input: 'list' },
  { operator: 'contains', label: 'contains', input: 'text' },
  { operator: 'notContains', label: 'does not contain', input: 'text' },
  { operator: 'startsWith', label: 'starts with', input: 'text' },
  { operator: 'endsWith', label: 'ends with', input: 'text' },
];
const numberOperators: OperatorChoice[] = [
  { operator: 'equals', label: 'is', input: 'list' },
  { operator: 'notEquals', label: 'is not', input: 'list' },
  { operator: 'gte', label: 'is at least', input: 'number' },
  { operator: 'lte', label: 'is at most', input: 'number' },
  { operator: 'gt', label: 'is more than', input: 'number' },
  { operator: 'lt', label: 'is less than', input: 'number' },
  { operator: 'between', label: 'is between', input: 'numbers' },
];
const dateOperators: OperatorChoice[] = [
  { operator: 'inDateRange', label: 'is in', input: 'range' },
  { operator: 'notInDateRange', label: 'is not in', input: 'range' },
  { operator: 'beforeDate', label: 'is before', input: 'day' },
  { operator: 'beforeOrOnDate', label: 'is on or before', input: 'day' },
  { operator: 'afterDate', label: 'is after', input: 'day' },
  { operator: 'afterOrOnDate', label: 'is on or after', input: 'day' },
];
/** Which days are worked, the calendar says. */
export const dayOperators: readonly OperatorChoice[] = [
  { operator: 'onBusinessDays', label: 'is on business days', input: 'none' },
  { operator: 'offBusinessDays', label: 'is on days off', input: 'none' },
];
const missingOperators: OperatorChoice[] = [
  { operator: 'set', label: 'has a value', input: 'none' },
  { operator: 'notSet', label: 'has no value', input: 'none' },
];

export function operatorsFor(type: ColumnType): OperatorChoice[] {
  if (type === 'integer' || type === 'float') return [...numberOperators, ...missingOperators];
  if (type === 'boolean') return [...textOperators.slice(0, 2), ...missingOperators];
  if (type === 'timestamp' || type === 'date')
    return [...dateOperators, ...dayOperators, ...missingOperators];
  return [...textOperators, ...missingOperators];
}

/** What can be asked of a measure: its values are known only when it is computed. */
export const measureOperators: readonly OperatorChoice[] = [
  ...numberOperators.filter(({ input }) => input !== 'list'),
  ...missingOperators,
];

export const operatorLabel = (operator: FilterOperator): string =>
  [
    ...textOperators,
    ...numberOperators,
    ...dateOperators,
    ...dayOperators,
    ...missingOperators,
  ].find((choice) => choice.operator === operator)?.label ?? operator;

export const valueText = (value: Cell): string =>
  value === null ? 'no value' : value === true ? 'Yes' : value === false ? 'No' : String(value);

export function filterText(filter: Filter, models: readonly Model[]): string {
  if (!isMemberFilter(filter)) {
    const parts = 'or' in filter ? filter.or : filter.and;
    return parts.map((part) => filterText(part, models)).join('or' in filter ? ' or ' : ' and ');
  }
  const values = filter.values ?? [];
  const shown = values.slice(0, 2).map(valueText).join(', ');
  const more = values.length > 2 ? ` +${values.length - 2}` : '';
  const label = memberLabel(filter.member, models);
  return `${label} ${operatorLabel(filter.operator)}${values.length > 0 ? ` ${shown}${more}` : ''}`;
}

/** A click on a value: alone it becomes the filter; clicked again it goes away. */
export function toggleValue(filters: readonly Filter[], member: string, value: Cell): Filter[] {
  const at = filters.findIndex(
    (filter) => isMemberFilter(filter) && filter.member === member && filter.operator === 'equals',
  );
  const added: MemberFilter = { member, operator: 'equals', values: [value] };
  if (at < 0) return [...filters, added];
  const current = filters[at] as MemberFilter;
  const values = current.values ?? [];
  if (values.length === 1 && values[0] === value) return filters.filter((_, index) => index !== at);
  return filters.map((filter, index) => (index === at ? added : filter));
}
