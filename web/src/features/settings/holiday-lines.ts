// Holidays as people paste them: a line each, a date and perhaps a name. What cannot be read is told by its line. Pure.
import type { Holiday } from '@/api/types';

export const HOLIDAYS_MAX = 2_000;
const NAME_MAX_CHARS = 120;

export interface LineProblem {
  /** From 1 on. */
  line: number;
  text: string;
}

export interface ReadHolidays {
  holidays: Holiday[];
  problems: LineProblem[];
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** Reads lines such as `2026-12-25 Christmas`; a comma, a semicolon or a tab may stand between. */
export function readHolidays(text: string): ReadHolidays {
  const problems: LineProblem[] = [];
  const found = new Map<string, { line: number; holiday: Holiday }>();
  text.split(/\r?\n/).forEach((written, index) => {
    const line = index + 1;
    const trimmed = written.trim();
    if (trimmed === '') return;
    const [, date = '', rest = ''] = /^([^\s,;]+)[\s,;]*(.*)$/.exec(trimmed) ?? [];
    const name = rest
      .replace(/^"(.*)"$/, '$1')
      .replace(/\s+/g, ' ')
      .trim();
    const before = found.get(date);
    if (!isDate(date)) {
      problems.push({ line, text: `“${date}” is not a date; write 2026-12-25` });
    } else if (before) {
      problems.push({ line, text: `${date} stands in line ${before.line} already` });
    } else if (name.length > NAME_MAX_CHARS) {
      problems.push({ line, text: `the name is longer than ${NAME_MAX_CHARS} characters` });
    } else {
      found.set(date, { line, holiday: name === '' ? { date } : { date, name } });
    }
  });
  const holidays = [...found.values()]
    .map(({ holiday }) => holiday)
    .sort((a, b) => a.date.localeCompare(b.date));
  if (holidays.length > HOLIDAYS_MAX) {
    problems.push({ line: 1, text: `${holidays.length} are more than ${HOLIDAYS_MAX} holidays` });
  }
  return { holidays, problems };
}

/** The same lines again. */
export const holidayLines = (holidays: readonly Holiday[]): string =>
  holidays.map(({ date, name }) => (name ? `${date} ${name}` : date)).join('\n');

/** The first of those that are not over on a day. */
export const nextHolidays = (holidays: readonly Holiday[], today: string, count = 3): Holiday[] =>
  holidays.filter(({ date }) => date >= today).slice(0, count);
