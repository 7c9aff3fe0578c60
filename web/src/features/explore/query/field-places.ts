// Where on the page a field of a refused query is: the chip or control that its path names. Pure.
import { normalizeQuery } from '@/api/query-key';
import type { FieldProblem, Problem, SemanticQuery } from '@/api/types';
import { encodeFilter } from '@/lib/filter-text';

export type Place =
  | { what: 'measure' | 'dimension' | 'segment'; index: number }
  | { what: 'filter'; index: number }
  | { what: 'range' | 'grain' | 'fill' | 'top' | 'order' | 'limit' | 'zone' | 'asOf' };

/** `query` is what was asked; filters are sent in another order than they stand on the page. */
export function placeOf(field: string, query: SemanticQuery): Place | null {
  const found = /^(\w+)(?:\[(\d+)\])?(?:\.(\w+))?/.exec(field);
  const [, head = '', place = '0', inner] = found ?? [];
  const index = Number(place);
  switch (head) {
    case 'measures':
      return { what: 'measure', index };
    case 'dimensions':
      return { what: 'dimension', index };
    case 'segments':
      return { what: 'segment', index };
    case 'filters': {
      const sent = normalizeQuery(query).filters?.[index];
      if (sent === undefined) return null;
      const text = JSON.stringify(normalizeQuery({ filters: [sent] }).filters);
      const shown = (query.filters ?? []).findIndex(
        (filter) =>
          encodeFilter(filter) === encodeFilter(sent) ||
          JSON.stringify(normalizeQuery({ filters: [filter] }).filters) === text,
      );
      return shown < 0 ? null : { what: 'filter', index: shown };
    }
    case 'timeDimensions':
      return { what: inner === 'granularity' ? 'grain' : inner === 'fill' ? 'fill' : 'range' };
    case 'top':
      return { what: 'top' };
    case 'order':
      return { what: 'order' };
    case 'limit':
      return { what: 'limit' };
    case 'timezone':
      return { what: 'zone' };
    case 'asOf':
      return { what: 'asOf' };
    default:
      return null;
  }
}

export interface PlacedProblems {
  /** What is said at one place; undefined where nothing is wrong. */
  at: (what: Place['what'], index?: number) => string | undefined;
  /** What belongs to no place of the page. */
  elsewhere: FieldProblem[];
  any: boolean;
}

export function placeProblems(
  problem: Problem | null,
  query: SemanticQuery | null,
): PlacedProblems {
  const placed: { place: Place; detail: string }[] = [];
  const elsewhere: FieldProblem[] = [];
  for (const error of problem?.errors ?? []) {
    const place = query === null ? null : placeOf(error.field, query);
    if (place === null) elsewhere.push(error);
    else placed.push({ place, detail: error.detail });
  }
  return {
    at: (what, index) =>
      placed.find(
        ({ place }) =>
          place.what === what &&
          (index === undefined || !('index' in place) || place.index === index),
      )?.detail,
    elsewhere,
    any: placed.length > 0,
  };
}
