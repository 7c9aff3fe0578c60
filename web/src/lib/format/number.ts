// Numbers in words of the contract: the presets of docs/api.md or a d3-format string.
// `compact` is for axes and big numbers (three significant digits), `full` for tooltips and tables.
import { formatSpecifier } from 'd3-format';
import { numberLocale } from './locale';

export type NumberStyle = 'compact' | 'full';

// A missing value, zero and no rows are three different things and look different.
export const missingText = '\u2014';
export const noRowsText = 'No rows';

export const suffixes: [number, string][] = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'K'],
];

export function shape(specifier: string, value: number): string {
  return numberLocale().d3.format(specifier)(value);
}

// 1,234.5 with at most two decimals, none for whole numbers; or with just so many, for a column.
function plain(value: number, decimals: number | null): string {
  const digits = decimals ?? 2;
  const text = shape(decimals === null ? `,.${digits}~f` : `,.${digits}f`, value);
  // Small values keep their leading digits instead of becoming zero.
  return value !== 0 && Math.abs(value) < 0.5 * 10 ** -digits ? shape('.2~g', value) : text;
}

function threeDigits(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return '0';
  if (magnitude < 1e-4) return shape('.2~e', value);
  const decimals = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3;
  return shape(`,.${decimals}~f`, value);
}

function humanized(value: number): string {
  const magnitude = Math.abs(value);
  for (const [unit, suffix] of suffixes) {
    // 999,950 is already 1M when it is rounded to three digits.
    if (magnitude >= unit * 0.9995) return threeDigits(value / unit) + suffix;
  }
  return threeDigits(value);
}

function number(value: number, style: NumberStyle, decimals: number | null): string {
  return style === 'compact' ? humanized(value) : plain(value, decimals);
}

function integer(value: number, style: NumberStyle): string {
  if (style === 'full' || Math.abs(value) < 1e4) return shape(',.0f', value);
  return humanized(value);
}

function percent(value: number, style: NumberStyle, decimals: number | null): string {
  const share = value * 100;
  if (decimals !== null) return shape(`,.${decimals}f`, share) + numberLocale().percentSuffix;
  const digits = style === 'full' ? 2 : Math.abs(share) >= 100 ? 0 : 1;
  return shape(`,.${digits}~f`, share) + numberLocale().percentSuffix;
}

function currency(value: number, style: NumberStyle, code: 'USD' | 'EUR'): string {
  const symbol = code === 'USD' ? '$' : '\u20ac';
  const amount = style === 'compact' ? humanized(Math.abs(value)) : shape(',.2f', Math.abs(value));
  return `${value < 0 ? '\u2212' : ''}${symbol}${amount}`;
}

function durationMinutes(value: number, style: NumberStyle): string {
  const sign = value < 0 ? '\u2212' : '';
  const minutes = Math.abs(value);
  if (minutes < 1 && minutes > 0) return `${sign}${threeDigits(minutes * 60)}\u00a0s`;
  if (minutes < 60) return `${sign}${threeDigits(minutes)}\u00a0min`;
  if (style === 'compact') {
    return minutes < 48 * 60
      ? `${sign}${threeDigits(minutes / 60)}\u00a0h`
      : `${sign}${threeDigits(minutes / 1440)}\u00a0d`;
  }
  const whole = Math.round(minutes);
  const days = Math.floor(whole / 1440);
  const hours = Math.floor((whole % 1440) / 60);
  const parts = [
    days > 0 && `${shape(',d', days)}\u00a0d`,
    hours > 0 && `${hours}\u00a0h`,
    whole % 60 > 0 && `${whole % 60}\u00a0min`,
  ].filter(Boolean);
  return sign + parts.join(' ');
}

function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let size = Math.abs(value);
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const amount = unit === 0 ? shape(',.0f', size) : threeDigits(size);
  return `${value < 0 ? '\u2212' : ''}${amount}\u00a0${units[unit]}`;
}

function isSpecifier(format: string): boolean {
  try {
    formatSpecifier(format);
    return true;
  } catch {
    return false;
  }
}

export function formatNumber(
  value: number | null | undefined,
  format: string | null = 'number',
  style: NumberStyle = 'full',
  // Just so many decimals where values stand under each other; see `columnDecimals`.
  decimals: number | null = null,
): string {
  if (value === null || value === undefined || Number.isNaN(value)) return missingText;
  if (!Number.isFinite(value)) return value > 0 ? '\u221e' : '\u2212\u221e';
  switch (format) {
    case null:
    case 'number':
      return number(value, style, decimals);
    case 'integer':
      return integer(value, style);
    case 'percent':
      return percent(value, style, decimals);
    case 'currency_usd':
      return currency(value, style, 'USD');
    case 'currency_eur':
      return currency(value, style, 'EUR');
    case 'duration_minutes':
      return durationMinutes(value, style);
    case 'bytes':
      return bytes(value);
    default:
      return isSpecifier(format) ? shape(format, value) : number(value, style, null);
  }
}

export interface Delta {
  text: string;
  // Which way it went, and whether that is good news for this measure.
  direction: 'up' | 'down' | 'flat';
  tone: 'good' | 'bad' | 'neutral';
}

// The change from `before` to `now` as a share of `before`; null when there is nothing to compare with.
export function formatDelta(
  now: number | null | undefined,
  before: number | null | undefined,
  lowerIsBetter = false,
): Delta | null {
  if (now == null || before == null || before === 0) return null;
  const share = (now - before) / Math.abs(before);
  const digits = Math.abs(share) >= 1 ? 0 : 1;
  const rounded = Number((share * 100).toFixed(digits));
  const suffix = numberLocale().percentSuffix;
  if (rounded === 0) return { text: `\u2013 0${suffix}`, direction: 'flat', tone: 'neutral' };
  const direction = rounded > 0 ? 'up' : 'down';
  const text = `${direction === 'up' ? '\u25b2' : '\u25bc'} ${shape(`+,.${digits}f`, rounded)}${suffix}`;
  return { text, direction, tone: (direction === 'up') === lowerIsBetter ? 'bad' : 'good' };
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count, 'integer')} ${count === 1 ? one : many}`;
}
