// The link that somebody hands on: it says by which calendar it is meant wherever that changes the answer, because who opens it
// may have another one. Pure.
import type { Calendar, DateRange, Filter } from '@/api/types';
import { calendarText } from '@/lib/calendar-text';
import { isMemberFilter } from '@/lib/members';
import type { ExploreState } from './explore-state';
import { searchOf } from './url-state';

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

/** The address as it is where it says a calendar, or means the same under each. */
export function copiedLink(href: string, state: ExploreState, usual: Calendar): string {
  if (state.calendar !== null || !goesByCalendar(state, usual)) return href;
  const url = new URL(href);
  const params = new URLSearchParams(url.search);
  params.set('cal', calendarText(usual));
  url.search = searchOf(params);
  return url.toString();
}
