// The written grammar of date ranges on the client: presets, checking of typed text, and the words of
// the time control. Resolving a range is the server's work; it echoes the absolute dates.
import type { DateRange, Grain } from '@/api/types';

export interface Preset {
  range: string;
  label: string;
}

export interface PresetGroup {
  title: string;
  presets: Preset[];
}

const label = (range: string): string => range.charAt(0).toUpperCase() + range.slice(1);
const preset = (range: string): Preset => ({ range, label: label(range).replace(' of data', '') });

export const presetGroups: PresetGroup[] = [
  {
    title: 'Counted from the latest data',
    presets: [
      'last 24 hours of data',
      'last 7 days of data',
      'last 30 days of data',
      'last 90 days of data',
      'last 12 months of data',
    ].map(preset),
  },
  {
    title: 'Counted from now',
    presets: [
      'today',
      'yesterday',
      'last 5 business days',
      'last 7 days',
      'last 30 days',
      'this month',
      'last month',
      'this quarter',
      'this year',
      'last year',
    ].map(preset),
  },
  { title: 'Everything', presets: [{ range: 'all', label: 'All time' }] },
];

export const grains: { grain: string; label: string }[] = [
  { grain: 'minute', label: 'minute' },
  { grain: 'hour', label: 'hour' },
  { grain: 'day', label: 'day' },
  { grain: 'week', label: 'week' },
  { grain: 'month', label: 'month' },
  { grain: 'quarter', label: 'quarter' },
  { grain: 'year', label: 'year' },
];

const unit = '((second|minute|hour|business day|day|week|month|quarter|year)s?)';
const anchor = /^now([-+]\d{1,5}(bd|[smhdwMQy]))?(\/[smhdwMQy])?$/;
const relative = [
  /^(today|yesterday|all)$/,
  /^(this|last) (second|minute|hour|day|week|month|quarter|year)$/,
  /^last business day$/,
  new RegExp(`^last \\d{1,5} ${unit}$`),
  new RegExp(`^from \\d{1,5} ${unit} ago to now$`),
];

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** Two ends, of which one at least is counted from now. */
function isAnchored(text: string): boolean {
  const ends = text.split(' to ');
  return (
    ends.length === 2 &&
    ends.every((end) => anchor.test(end) || isDay(end)) &&
    ends.some((end) => anchor.test(end))
  );
}

export type ParsedRange = { range: DateRange } | { problem: string };

/** Reads typed text; says what is possible instead of guessing. */
export function parseRange(typed: string): ParsedRange {
  const text = typed.trim().replace(/\s+/g, ' ');
  if (text === '') return { problem: 'Type a range, for example "last 30 days".' };
  const days = text.split(/ ?(?:\.\.|–|—| to ) ?/);
  if (days.length === 2 && days.every((day) => isDay(day))) {
    const [from, to] = days as [string, string];
    return from <= to ? { range: [from, to] } : { problem: 'The range ends before it begins.' };
  }
  if (isDay(text)) return { range: text };
  const lower = /\bnow\b/.test(text) ? text : text.toLowerCase();
  const core = lower.replace(/ of data$/, '');
  if (isAnchored(core) || relative.some((pattern) => pattern.test(core))) return { range: lower };
  return {
    problem:
      'Not a range. Try "last 30 days", "this quarter", "last 12 months of data" or "2013-01-01 to 2013-06-30".',
  };
}

/** Text for a range as one would type it. */
export const rangeText = (range: DateRange): string =>
  Array.isArray(range) ? `${range[0]} to ${range[1]}` : range;

export function rangeName(range: DateRange): string {
  if (Array.isArray(range)) {
    const [first = '', last = first] = range;
    return first === last ? first : `${first} – ${last}`;
  }
  if (range === 'all') return 'All time';
  return label(range);
}

/** The closed button: range, grain and zone. */
export function timeControlLabel(range: DateRange, grain: Grain | null, zone: string): string {
  return [rangeName(range), grain ? `by ${grain}` : null, zone].filter(Boolean).join(', ');
}

export const sameRange = (a: DateRange, b: DateRange): boolean => rangeText(a) === rangeText(b);
