// The instant that a dashboard is looked at, between people and the address: typed on the wall clock of the dashboard's
// zone, kept as an instant. Pure.
import { fromWall, toWall } from '@/lib/zoned-time';
import { formatCommit } from '@/lib/commit-time';

/**
 * What a field for date and time shows: `2026-11-26T10:03:12`, with milliseconds where there are any, because without them it
 * would be a time before the commit that was chosen.
 */
export const wallText = (instant: number, zone: string): string =>
  new Date(toWall(instant, zone)).toISOString().replace(/(\.000)?Z$/, '');

export type ParsedInstant = { asOf: string } | { problem: string };

export function parseWall(typed: string, zone: string, now: number): ParsedInstant {
  const wall = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?$/.test(typed)
    ? Date.parse(`${typed.length === 16 ? `${typed}:00` : typed}Z`)
    : Number.NaN;
  if (Number.isNaN(wall)) return { problem: 'Enter a date and a time.' };
  const instant = fromWall(wall, zone);
  if (instant > now) return { problem: 'This is still to come.' };
  return { asOf: new Date(instant).toISOString() };
}

export const asOfName = (asOf: string, zone: string): string =>
  `As of ${formatCommit(asOf, zone)} (${zone})`;
