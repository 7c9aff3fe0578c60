// The whole state in the address, short enough to read: `?model=flights&m=count&d=carrier&grain=day&f=origin:equals:JFK`.
// What is as usual for who asks, their zone among it, is left out. A part that cannot be read is left out too, with a sentence about it.
import type { DateRange, Fill, Filter, WidgetKind } from '@/api/types';
import { isInstant, readAsOf, readLimit } from '@/lib/asked-state';
import { calendarText, readCalendar } from '@/lib/calendar-text';
import { filterOperators } from '@/lib/filter-operators';
import { decodeFilter, encodeFilter } from '@/lib/filter-text';
import { isZone } from '@/lib/format';
import { fromMember, isMemberFilter, toMember } from '@/lib/members';
import { parseRange, rangeText } from '@/lib/time-ranges';
import { MOST_TOP } from '@/lib/top-values';
import { emptyState } from './explore-state';
import type { Direction, ExploreState } from './explore-state';
import { decodeName, decodeNames, encodeName, encodeNames, splitAt } from './name-list';

export interface ReadState {
  state: ExploreState;
  /** Sentences about what could not be read. */
  complaints: string[];
}

/** Of a unit, of several, or a name; which names there are the model says. */
const readGrain = (text: string): string | null => (/^\w[\w :-]*$/.test(text) ? text : null);

const kinds: readonly WidgetKind[] = [
  'number',
  'line',
  'area',
  'bar',
  'stacked_bar',
  'heatmap',
  'map',
  'table',
];
const operators: ReadonlySet<string> = new Set(filterOperators);

function readRange(text: string): DateRange | null {
  const [from = '', to] = text.split('..');
  if (to !== undefined && isInstant(from) && isInstant(to)) return from <= to ? [from, to] : null;
  const parsed = parseRange(text);
  return 'range' in parsed ? parsed.range : null;
}

function isFilter(filter: unknown): filter is Filter {
  if (typeof filter !== 'object' || filter === null) return false;
  const parts = 'or' in filter ? filter.or : 'and' in filter ? filter.and : undefined;
  if (parts !== undefined) return Array.isArray(parts) && parts.length > 0 && parts.every(isFilter);
  const { member, operator, values } = filter as Record<string, unknown>;
  return (
    typeof member === 'string' &&
    operators.has(String(operator)) &&
    (values === undefined || Array.isArray(values))
  );
}

function readOrder(text: string): ExploreState['order'] | null {
  const order = splitAt(text, ',').map((entry): [string, Direction] | null => {
    const [name = '', direction = 'asc'] = splitAt(entry, ':');
    return name !== '' && (direction === 'asc' || direction === 'desc')
      ? [decodeName(name), direction]
      : null;
  });
  return order.includes(null) ? null : (order as ExploreState['order']);
}

/** `all`, `carrier:8` with the others, or `carrier:8:only` without. */
function readTop(text: string): ExploreState['top'] {
  if (text === 'all') return 'all';
  const [name = '', count = '', only, ...rest] = splitAt(text, ':');
  const limit = Number(count);
  const right =
    name !== '' && /^\d+$/.test(count) && limit >= 1 && limit <= MOST_TOP && rest.length === 0;
  if (!right || (only !== undefined && only !== 'only')) return null;
  return { dimension: decodeName(name), limit, others: only === undefined };
}

function topText(top: ExploreState['top']): string | null {
  if (top === null || top === 'all') return top;
  return [encodeName(top.dimension), top.limit, ...(top.others ? [] : ['only'])].join(':');
}

/** In words; as usual it is a gap. */
const fills: Record<string, Fill> = { gap: 'null', zero: 'zero', last: 'previous' };

const oneOf =
  <T extends string>(all: readonly T[]) =>
  (text: string): T | null =>
    all.find((entry) => entry === text) ?? null;

/** What a card asks and the page cannot: the way from there says so, until something is changed. */
const lost = new Map([
  ['holidays', 'The holidays of the card or its dashboard: here they are as usual.'],
  ['time', 'A second time by which the card groups its answer.'],
]);

export function readState(params: URLSearchParams): ReadState {
  const complaints = params.getAll('lost').flatMap((part) => lost.get(part) ?? []);
  const read = <T>(name: string, words: string, reader: (text: string) => T | null): T | null => {
    const text = params.get(name);
    if (text === null || text === '') return null;
    const value = reader(text);
    if (value === null) complaints.push(`“${text}” is not ${words}.`);
    return value;
  };
  const names = (name: string): string[] => [
    ...new Set(decodeNames(params.get(name) ?? '').filter((entry) => entry !== '')),
  ];
  const filters = params.getAll('f').flatMap((text): Filter[] => {
    const filter = decodeFilter(text);
    if (filter !== null && isFilter(filter)) return [filter];
    if (text !== '') complaints.push(`“${text}” is not a filter.`);
    return [];
  });
  const state: ExploreState = {
    model: params.get('model') || null,
    measures: names('m'),
    dimensions: names('d'),
    on: params.get('on') || null,
    grain: read('grain', 'a grain such as day or month', readGrain),
    range: read('time', 'a range of time', readRange) ?? emptyState.range,
    filters,
    segments: names('seg'),
    order: read('order', 'an order such as count:desc', readOrder) ?? [],
    limit: read('limit', `a number of rows from 1 to 50,000`, readLimit),
    pivot: params.get('pivot') || null,
    top: read('top', 'a choice of values such as carrier:8', readTop),
    fill:
      read('fill', 'a filling; gap, zero and last are', (text) => fills[text] ?? null) ??
      emptyState.fill,
    compare: read('compare', 'a comparison; “before” is', oneOf(['before'])) !== null,
    chart: read('chart', 'a kind of chart', oneOf(kinds)),
    zone: read('zone', 'a time zone', (text) => (isZone(text) ? text : null)) ?? emptyState.zone,
    calendar: read('cal', 'a calendar such as week:sunday,year:4', readCalendar),
    exact: read('exact', 'a choice; “yes” is', oneOf(['yes'])) !== null,
    asOf: read('asOf', 'a version or a time', readAsOf),
  };
  return { state, complaints };
}

const isRelative = (range: DateRange): boolean => !Array.isArray(range);

/** Parameters in the order in which a question is read. */
export function writeState(state: ExploreState): URLSearchParams {
  const params = new URLSearchParams();
  const set = (name: string, value: string | null): void => {
    if (value !== null && value !== '') params.append(name, value);
  };
  set('model', state.model);
  set('m', encodeNames(state.measures));
  set('d', encodeNames(state.dimensions));
  set('on', state.on);
  set('grain', state.grain);
  if (rangeText(state.range) !== rangeText(emptyState.range)) {
    set('time', isRelative(state.range) ? String(state.range) : [...state.range].join('..'));
  }
  for (const filter of state.filters) set('f', encodeFilter(filter));
  set('seg', encodeNames(state.segments));
  set('order', state.order.map(([name, way]) => `${encodeName(name)}:${way}`).join(','));
  set('limit', state.limit === null ? null : String(state.limit));
  set('pivot', state.pivot);
  set('top', topText(state.top));
  const filled = Object.keys(fills).find((word) => fills[word] === state.fill);
  set('fill', state.fill === emptyState.fill ? null : (filled ?? null));
  set('compare', state.compare ? 'before' : null);
  set('chart', state.chart);
  set('zone', state.zone === emptyState.zone ? null : state.zone);
  set('cal', state.calendar === null ? null : calendarText(state.calendar));
  set('exact', state.exact ? 'yes' : null);
  set('asOf', state.asOf === null ? null : String(state.asOf));
  return params;
}

/** Signs that are allowed in a query and that people read more easily than their codes. */
export const searchOf = (params: URLSearchParams): string => {
  const text = params
    .toString()
    .replace(/%(2C|3A|2F|40|7E|21)/g, (code) => decodeURIComponent(code));
  return text === '' ? '' : `?${text}`;
};

/** `flights.carrier` of a filter on `carrier`. */
export function qualify(filter: Filter, model: string): Filter {
  if (isMemberFilter(filter)) return { ...filter, member: toMember(filter.member, model) };
  return 'or' in filter
    ? { or: filter.or.map((part) => qualify(part, model)) }
    : { and: filter.and.map((part) => qualify(part, model)) };
}

/** The other way. */
export function unqualify(filter: Filter, model: string): Filter {
  if (isMemberFilter(filter)) return { ...filter, member: fromMember(filter.member, model) };
  return 'or' in filter
    ? { or: filter.or.map((part) => unqualify(part, model)) }
    : { and: filter.and.map((part) => unqualify(part, model)) };
}
