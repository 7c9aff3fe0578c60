// When something was committed, to the millisecond where it has any: whoever takes the time from the screen and asks for
// the data of that time must not get the version before. Not part of `format`, because few pages show it.
import { formatInstant, localeTag } from '@/lib/format';

export function formatCommit(value: string | number, zone: string): string {
  const instant = new Date(value);
  const milliseconds = instant.getTime() % 1_000;
  if (Number.isNaN(milliseconds) || milliseconds === 0) return formatInstant(value, zone, 'second');
  return new Intl.DateTimeFormat(localeTag(), {
    timeZone: zone,
    hourCycle: 'h23',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  }).format(instant);
}
