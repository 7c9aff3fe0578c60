// Reading what somebody types for the width of a bucket: a unit, or as many of it as there are names for. Where it begins, the
// engine checks. Pure.

const UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
type Unit = (typeof UNITS)[number];

/** How many there may be of each: buckets begin with the next larger unit, or are counted from a day (docs/models.md). */
const sixtieths = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
const counts: Record<Unit, readonly number[] | { most: number }> = {
  second: sixtieths,
  minute: sixtieths,
  hour: [1, 2, 3, 4, 6, 8, 12],
  day: { most: 366 },
  week: { most: 53 },
  month: [1, 2, 3, 4, 6],
  quarter: [1],
  year: [1],
};

export type ParsedGrain = { grain: string } | { problem: string };

const short: Record<string, Unit> = {
  sec: 'second',
  s: 'second',
  min: 'minute',
  h: 'hour',
  d: 'day',
};

const written =
  /^(?:every )?(?:(\d{1,4}) ?)?([a-z]+?)s?(?: from (\d{4}-\d{2}-\d{2}(?:t\d{2}(?::\d{2}){0,2})?))?$/;

/** `15 Min` is `15 minutes`, and `1 day` is `day`. */
export function parseGrain(typed: string): ParsedGrain {
  const text = typed.trim().toLowerCase().replace(/\s+/g, ' ');
  const [, number, word = '', origin] = written.exec(text) ?? [];
  const unit = UNITS.find((entry) => entry === word) ?? (text === 's' ? 'second' : short[word]);
  if (unit === undefined)
    return { problem: 'Type a width, for example “15 minutes” or “2 weeks from 2024-01-02”.' };
  const count = Number(number ?? 1);
  const possible = counts[unit];
  const fits = 'most' in possible ? count >= 1 && count <= possible.most : possible.includes(count);
  if (!fits) {
    const which =
      'most' in possible ? `1 to ${possible.most}` : [...possible].join(', ').replace(/^1$/, 'one');
    return { problem: `Of ${unit}s there may be ${which}.` };
  }
  const width =
    count === 1 && origin === undefined ? unit : `${count} ${unit}${count > 1 ? 's' : ''}`;
  return { grain: origin === undefined ? width : `${width} from ${origin.toUpperCase()}` };
}
