// The identity of a query: two widgets that ask the same thing share one key, one request, one
// subscription and one stored result.
import type { Filter, SemanticQuery } from './types';

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, entry]) => entry !== undefined && entry !== null)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, entry]) => [key, ordered(entry)] as const);
    return Object.fromEntries(entries);
  }
  return value;
}

/** The same question in one spelling: empty parts left out, filters in a fixed order. */
export function normalizeQuery(query: SemanticQuery): SemanticQuery {
  const filters: Filter[] = [...(query.filters ?? [])]
    .map((filter) => ordered(filter) as Filter)
    .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  const result: SemanticQuery = { measures: query.measures ?? [] };
  if (query.dimensions?.length) result.dimensions = query.dimensions;
  if (query.timeDimensions?.length) {
    result.timeDimensions = query.timeDimensions.map(
      (entry) => ordered(entry) as NonNullable<SemanticQuery['timeDimensions']>[number],
    );
  }
  if (filters.length > 0) result.filters = filters;
  if (query.segments?.length) result.segments = query.segments;
  if (query.order?.length) result.order = query.order;
  if (query.limit !== undefined && query.limit !== null) result.limit = query.limit;
  if (query.offset) result.offset = query.offset;
  if (query.total) result.total = true;
  if (query.totals === true || (query.totals && query.totals.length > 0))
    result.totals = query.totals;
  if (query.top) result.top = query.top;
  if (query.pivot?.length) result.pivot = query.pivot;
  if (query.ungrouped) result.ungrouped = true;
  if (query.timezone) result.timezone = query.timezone;
  if (query.calendar) result.calendar = query.calendar;
  // What is left out is neither: `false` says that estimates are fine.
  if (typeof query.exact === 'boolean') result.exact = query.exact;
  if (query.asOf !== undefined && query.asOf !== null) result.asOf = query.asOf;
  return result;
}

export const queryKey = (query: SemanticQuery): string =>
  JSON.stringify(ordered(normalizeQuery(query)));
