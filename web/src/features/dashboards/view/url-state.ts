// View choices in the address: time range, grain, filters and the state of the data, so that a link shows what the
// sender saw. Readable by people; whatever is absent falls back to what the author saved.
import type { DateRange, Filter, Grain } from '@/api/types';
import { isInstant } from '@/lib/asked-state';
import { decodeFilter, encodeFilter } from '@/lib/filter-text';

export interface ViewState {
  /** null: as saved. */
  range: DateRange | null;
  /** undefined: as saved; null: every card keeps its own. */
  grain: Grain | null | undefined;
  /** null: as saved; an empty list is "no filter". */
  filters: Filter[] | null;
  /** The instant whose data is looked at, as RFC 3339 in UTC; null: now, and live. */
  asOf: string | null;
}

export const emptyView: ViewState = { range: null, grain: undefined, filters: null, asOf: null };

const grainNames = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];

/** An instant with its zone: a link must mean the same everywhere. Anything else is ignored. */
const readInstant = (text: string | null): string | null =>
  text !== null && isInstant(text) ? new Date(text).toISOString() : null;

export function readView(params: URLSearchParams): ViewState {
  const time = params.get('time');
  const days = time?.split('..') ?? [];
  const range: DateRange | null =
    time === null || time === '' ? null : days.length === 2 ? [days[0] ?? '', days[1] ?? ''] : time;
  const grain = params.get('grain');
  const filters = params.getAll('f');
  return {
    range,
    grain: grain === null ? undefined : grainNames.includes(grain) ? (grain as Grain) : null,
    filters: filters.length === 0 ? null : filters.flatMap((text) => decodeFilter(text) ?? []),
    asOf: readInstant(params.get('asOf')),
  };
}

/** Writes the view into existing parameters; others are left as they are. */
export function writeView(params: URLSearchParams, view: ViewState): URLSearchParams {
  const next = new URLSearchParams(params);
  next.delete('time');
  next.delete('grain');
  next.delete('f');
  next.delete('asOf');
  if (view.range !== null) {
    next.set('time', Array.isArray(view.range) ? view.range.join('..') : view.range);
  }
  if (view.grain !== undefined) next.set('grain', view.grain ?? 'auto');
  if (view.filters !== null) {
    if (view.filters.length === 0) next.set('f', '');
    for (const filter of view.filters) next.append('f', encodeFilter(filter));
  }
  if (view.asOf !== null) next.set('asOf', view.asOf);
  return next;
}
