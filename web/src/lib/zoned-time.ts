// Wall-clock arithmetic in a named zone. Everything a chart writes about time goes through here, so
// that the browser's own zone never leaks into an axis, a tooltip or a filter.

export interface WallClock {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

export function isKnownZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function wallFormat(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: isKnownZone(zone) ? zone : 'UTC',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  return format;
}

const offsets = new Map<string, number>();
const QUARTER_HOUR = 900_000;

/** Milliseconds to add to an instant to get its wall clock written as if it were UTC. */
export function zoneOffset(instant: number, zone: string): number {
  if (zone === 'UTC') return 0;
  // Offsets only ever change on a quarter of an hour, so the answer is shared within one.
  const slot = Math.floor(instant / QUARTER_HOUR) * QUARTER_HOUR;
  const key = `${zone}|${slot}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const parts: Record<string, number> = {};
  for (const part of wallFormat(zone).formatToParts(slot)) {
    if (part.type !== 'literal') parts[part.type] = Number(part.value);
  }
  const wall = Date.UTC(
    parts['year'] ?? 1970,
    (parts['month'] ?? 1) - 1,
    parts['day'] ?? 1,
    parts['hour'] ?? 0,
    parts['minute'] ?? 0,
    parts['second'] ?? 0,
  );
  const offset = wall - slot;
  if (offsets.size > 20_000) offsets.clear();
  offsets.set(key, offset);
  return offset;
}

/** Instant -> "wall" milliseconds, readable with the UTC getters of Date. */
export const toWall = (instant: number, zone: string): number =>
  instant + zoneOffset(instant, zone);

/** "Wall" milliseconds -> instant. In a repeated hour the first pass wins, in a skipped one the later. */
export function fromWall(wall: number, zone: string): number {
  // A day before and a day after, by any offset, clocks are put already or not yet: the first pass goes by the one before.
  const before = wall - zoneOffset(wall - DAY, zone);
  if (toWall(before, zone) === wall) return before;
  const after = wall - zoneOffset(wall + DAY, zone);
  return toWall(after, zone) === wall ? after : before;
}

export function wallClock(instant: number, zone: string): WallClock {
  const wall = new Date(toWall(instant, zone));
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    second: wall.getUTCSeconds(),
  };
}

/** `2013-01-31` of the wall clock. */
export const wallDate = (instant: number, zone: string): string =>
  new Date(toWall(instant, zone)).toISOString().slice(0, 10);

/** The first date whose day begins at an instant or later, where days begin at an hour: dates lie in no zone. */
export function firstDate(instant: number, zone: string, dayStart = 0): string {
  const date = (at: number): number => Math.floor((toWall(at, zone) - dayStart * HOUR) / DAY);
  // A day need not begin at that hour, where the clock skips it.
  const begins = date(instant - 1) !== date(instant);
  return new Date((date(instant) + (begins ? 0 : 1)) * DAY).toISOString().slice(0, 10);
}

/** True when the instant is midnight on the wall clock. */
export const isMidnight = (instant: number, zone: string): boolean =>
  toWall(instant, zone) % 86_400_000 === 0;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Usual length of one bucket: for widths and gap finding, not for calendar arithmetic. */
export const GRAIN_MS = {
  second: SECOND,
  minute: MINUTE,
  hour: HOUR,
  day: DAY,
  week: 7 * DAY,
  month: 30.4375 * DAY,
  quarter: 91.3125 * DAY,
  year: 365.25 * DAY,
} as const;

/** How many units a bucket has, of the `interval` that a column says: `2 weeks from 2024-01-02`. */
export const unitsOf = (interval: string | null | undefined): number =>
  Number.parseInt(interval ?? '', 10) || 1;

/** What the wall clock says when a bucket begins: midnight also where the clock skips it, as the next one begins with its own. */
function begunAt(instant: number, zone: string): number {
  const wall = toWall(instant, zone);
  const skipped = toWall(instant - 1, zone) + 1;
  return skipped < wall && skipped % DAY === 0 ? skipped : wall;
}

/** The end of an hour: where clocks are put by half of one, it ends with the change, or half an hour after it. */
function nextHour(instant: number, zone: string): number {
  // A chart has thousands of hours, and clocks are put on few days, once: the two ends of a day tell for all hours of it.
  const day = Math.floor(instant / DAY) * DAY;
  if (zoneOffset(day - 1, zone) === zoneOffset(day + DAY + GRAIN_MS.hour, zone))
    return instant + GRAIN_MS.hour;
  const offset = zoneOffset(instant, zone);
  const late = zoneOffset(instant - 1, zone) === offset ? 0 : toWall(instant, zone) % GRAIN_MS.hour;
  const end = instant + GRAIN_MS.hour - late;
  for (let at = instant + QUARTER_HOUR; at < end; at += QUARTER_HOUR)
    if (zoneOffset(at, zone) !== offset) return at;
  return end;
}

/** Start of the next bucket, counted on the wall clock from the start of one that is so many units wide. */
export function nextBucket(
  instant: number,
  grain: keyof typeof GRAIN_MS,
  zone: string,
  units = 1,
): number {
  if (grain === 'hour' && units === 1) return nextHour(instant, zone);
  if (grain === 'second' || grain === 'minute') return instant + units * GRAIN_MS[grain];
  const wall = new Date(begunAt(instant, zone));
  if (grain === 'hour') wall.setUTCHours(wall.getUTCHours() + units);
  if (grain === 'day') wall.setUTCDate(wall.getUTCDate() + units);
  if (grain === 'week') wall.setUTCDate(wall.getUTCDate() + 7 * units);
  if (grain === 'month') wall.setUTCMonth(wall.getUTCMonth() + units);
  if (grain === 'quarter') wall.setUTCMonth(wall.getUTCMonth() + 3 * units);
  if (grain === 'year') wall.setUTCFullYear(wall.getUTCFullYear() + units);
  return fromWall(wall.getTime(), zone);
}
