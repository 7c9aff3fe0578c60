// An absolute range in words.
import { formatInstant, formatRange } from './format';
import { isMidnight } from './zoned-time';

/** Absolute range in words; midnight ends are written as the whole day before. */
export function rangeLabel(from: number, toExclusive: number, zone: string): string {
  if (isMidnight(from, zone) && isMidnight(toExclusive, zone)) {
    const last = Math.max(from, toExclusive - 1);
    return formatRange(new Date(from).toISOString(), new Date(last).toISOString(), zone);
  }
  return `${formatInstant(from, zone, 'minute')} – ${formatInstant(toExclusive, zone, 'minute')}`;
}
