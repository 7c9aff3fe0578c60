// A question as somebody would explore it: what a card of a dashboard asks, with the time and filters that reach it, as an
// address of the page. Pure.
import type { Calendar, Filter, Model, SemanticQuery, Widget } from '@/api/types';
import { isSameCalendar, writtenCalendar } from '@/lib/calendar-text';
import { formatCalendar, within } from '@/lib/format/calendar';
import { fromMember, toMember } from '@/lib/members';
import { emptyState } from './explore-state';
import type { ExploreState } from './explore-state';
import { searchOf, unqualify, writeState } from './url-state';

/** Where it is another than who explores has anyway: with what the question leaves to them, because an address says all. */
function ownCalendar({ calendar }: SemanticQuery): Calendar | null {
  const usual = formatCalendar();
  const whole = within(calendar, usual);
  return isSameCalendar(whole, usual) ? null : writtenCalendar(whole);
}

export function stateOf(
  query: SemanticQuery,
  model: Model,
  { kind, options }: Pick<Widget, 'kind' | 'options'>,
): ExploreState {
  const short = (member: string): string => fromMember(member, model.name);
  const times = query.timeDimensions ?? [];
  const time = times.find(({ granularity }) => granularity) ?? times[0];
  const on = time === undefined ? null : short(time.dimension);
  // The page has one time; a range of another is a condition like others.
  const others = times.flatMap((entry): Filter[] =>
    entry === time || entry.dateRange == null
      ? []
      : [
          {
            member: entry.dimension,
            operator: 'inDateRange',
            values: [entry.dateRange].flat(),
          },
        ],
  );
  const { top } = query;
  return {
    ...emptyState,
    model: model.name,
    measures: (query.measures ?? []).map(short),
    dimensions: (query.dimensions ?? []).map(short),
    on: on === model.time_dimension ? null : on,
    grain: time?.granularity ?? null,
    range: time?.dateRange ?? 'all',
    filters: [...(query.filters ?? []), ...others].map((filter) => unqualify(filter, model.name)),
    segments: (query.segments ?? []).map(short),
    order: (query.order ?? []).map(([member = '', way]) => [
      short(member),
      way === 'desc' ? 'desc' : 'asc',
    ]),
    limit: query.limit ?? null,
    top: top
      ? { dimension: short(top.dimension), limit: top.limit, others: top.others ?? false }
      : 'all',
    fill: time?.fill ?? emptyState.fill,
    compare: options?.comparison === 'previous_period',
    chart: kind,
    zone: query.timezone ?? query.calendar?.timezone ?? emptyState.zone,
    calendar: ownCalendar(query),
    exact: query.exact ?? false,
    asOf: query.asOf ?? null,
  };
}

/** What of it the page does not ask. */
const lostOf = ({ calendar, timeDimensions = [] }: SemanticQuery): [string, string][] => [
  ...(calendar?.holidays ? [['lost', 'holidays'] as [string, string]] : []),
  ...(timeDimensions.filter(({ granularity }) => granularity).length > 1
    ? [['lost', 'time'] as [string, string]]
    : []),
];

/** The same by the next level of a hierarchy in place of one. */
function atLevel(query: SemanticQuery, from: string, to: string): SemanticQuery {
  const renamed = (member: string): string => (member === from ? to : member);
  const { top } = query;
  return {
    ...query,
    dimensions: (query.dimensions ?? []).map(renamed),
    order: (query.order ?? []).filter(([member]) => member !== from),
    ...(top ? { top: { ...top, dimension: renamed(top.dimension) } } : {}),
  };
}

export interface Level {
  /** The dimension that is asked by, as the question names it. */
  from: string;
  /** The level within it, as the model names it. */
  to: string;
}

/** Path and search. */
export function explorePath(
  query: SemanticQuery,
  model: Model,
  widget: Pick<Widget, 'kind' | 'options'>,
  level: Level | null,
): string {
  const asked = level === null ? query : atLevel(query, level.from, toMember(level.to, model.name));
  const params = writeState(stateOf(asked, model, widget));
  return `/explore${searchOf(new URLSearchParams([...params, ...lostOf(asked)]))}`;
}
