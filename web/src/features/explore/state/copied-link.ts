// The link that somebody hands on: it says in which zone and by which calendar it is meant wherever that changes the answer, because
// who opens it may have others. Pure.
import type { Calendar, DateRange, Filter, Model } from '@/api/types';
import { calendarText } from '@/lib/calendar-text';
import { filterMembers, isMemberFilter } from '@/lib/members';
import { segmentFilters } from '../query/to-query';
import type { ExploreState } from './explore-state';
import { isTime, timeOf } from './fit';
import { searchOf, unqualify } from './url-state';

const isAbsolute = (text: string): boolean => /^\d{4}-\d{2}-\d{2}/.test(text);

const isRelative = (range: DateRange): boolean =>
  range !== 'all' && ![range].flat().every(isAbsolute);

function filtersByCalendar(filter: Filter): boolean {
  if (!isMemberFilter(filter))
    return ('or' in filter ? filter.or : filter.and).some(filtersByCalendar);
  const { operator, values = [] } = filter;
  if (operator === 'onBusinessDays' || operator === 'offBusinessDays') return true;
  return /date/i.test(operator) && values.some((value) => !isAbsolute(String(value)));
}

/** Weeks, quarters, years, what months are counted within, and what a model has a name for. */
const isWideGrain = (grain: string): boolean =>
  !/^(?:\d+ (?:second|minute|hour|day)s|second|minute|hour|day|month)\b/.test(grain);

export function goesByCalendar(state: ExploreState, usual: Calendar): boolean {
  const { grain, range, filters } = state;
  if ((grain !== null && isWideGrain(grain)) || isRelative(range)) return true;
  if (filters.some(filtersByCalendar)) return true;
  // Days that begin at an hour are others for nearly everybody.
  return (usual.dayStart ?? 0) !== 0 && (grain !== null || range !== 'all');
}

const names = (filter: Filter, times: ReadonlySet<string>): boolean =>
  filterMembers(filter).some((member) => times.has(member));

const isByDate = (filter: Filter): boolean =>
  isMemberFilter(filter)
    ? /date|businessDays/i.test(filter.operator)
    : ('or' in filter ? filter.or : filter.and).some(isByDate);

/** Whether a time is asked in any way: buckets, a range, a column of times, or a condition on one. */
export function goesByZone(state: ExploreState, model: Model): boolean {
  const { grain, range, dimensions, filters } = state;
  if (timeOf(state, model) !== null && (grain !== null || range !== 'all')) return true;
  const times = new Set(
    model.dimensions.filter(({ type }) => isTime(type)).map(({ name }) => name),
  );
  if (dimensions.some((name) => times.has(name))) return true;
  if (filters.some((filter) => isByDate(filter) || names(filter, times))) return true;
  return segmentFilters(state, model).some(
    (filter) => isByDate(filter) || names(unqualify(filter, model.name), times),
  );
}

/** The address with the zone and the calendar that it is meant by, where it does not say them and they matter. */
export function copiedLink(
  href: string,
  state: ExploreState,
  model: Model,
  usual: Calendar,
): string {
  const url = new URL(href);
  const params = new URLSearchParams(url.search);
  const saysZone = (params.get('zone') ?? '') !== '' || !goesByZone(state, model);
  const saysCalendar = state.calendar !== null || !goesByCalendar(state, usual);
  if (saysZone && saysCalendar) return href;
  if (!saysZone) params.set('zone', state.zone);
  if (!saysCalendar) params.set('cal', calendarText(usual));
  url.search = searchOf(params);
  return url.toString();
}
