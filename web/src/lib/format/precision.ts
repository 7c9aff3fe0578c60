// How many decimals: alike down a column, so that numbers align and 7.0% stands under 12.5%, and all
// of them where the exact value is asked for.
import type { Cell } from '@/api/types';
import { numberLocale } from './locale';
import { formatNumber, missingText, shape, suffixes } from './number';

// What a column shows at most; the exact value stands in the cell's title.
const mostDecimals = 2;

// The decimals that the values of a column need, all alike; null where the format decides alone.
export function columnDecimals(
  values: readonly Cell[],
  format: string | null,
  most = mostDecimals,
): number | null {
  if (format !== null && format !== 'number' && format !== 'percent') return null;
  const scale = format === 'percent' ? 100 : 1;
  let decimals = 0;
  for (const value of values) {
    if (typeof value !== 'number') continue;
    while (decimals < most && !isWhole(value * scale * 10 ** decimals)) decimals += 1;
    if (decimals === most) break;
  }
  return decimals;
}

// Forgives what multiplication adds: 0.07 * 100 is 7.000000000000001.
function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) <= 1e-9 * Math.max(1, Math.abs(value));
}

// Ticks share one unit and the precision of the finest, so that 10m does not stand beside 9.9m.
export function formatTicks(ticks: number[], format: string | null = 'number'): string[] {
  if (format === 'percent') {
    const decimals = columnDecimals(ticks, format, 4);
    return ticks.map((tick) => formatNumber(tick, format, 'compact', decimals));
  }
  const largest = Math.max(...ticks.map(Math.abs), 0);
  const humanizable = format === null || format === 'number' || format === 'integer';
  const unit = suffixes.find(([size]) => largest >= size);
  // Thousands are worth a unit from ten of them on: 200 and 1,200 are read faster than 0.2K and 1.2K, and are hardly longer.
  if (humanizable && largest >= 1e3 && largest < 1e4) {
    const decimals = columnDecimals(ticks, null) ?? 0;
    return ticks.map((tick) => (tick === 0 ? '0' : shape(`,.${decimals}f`, tick)));
  }
  if (!humanizable || unit === undefined)
    return ticks.map((tick) => formatNumber(tick, format, 'compact'));
  const [size, suffix] = unit;
  const scaled = ticks.map((tick) => tick / size);
  const decimals = columnDecimals(scaled, null) ?? 0;
  return scaled.map((tick) => (tick === 0 ? '0' : shape(`,.${decimals}f`, tick) + suffix));
}

// Every digit that a double surely holds (15), not rounded for reading.
export function formatExact(
  value: number | null | undefined,
  format: string | null = 'number',
): string {
  if (value === null || value === undefined) return missingText;
  if (!Number.isFinite(value)) return formatNumber(value);
  const digits = (exact: number): string => shape(',.15~r', exact);
  switch (format) {
    case 'percent':
      return digits(value * 100) + numberLocale().percentSuffix;
    case 'currency_usd':
    case 'currency_eur':
      return `${value < 0 ? '\u2212' : ''}${format === 'currency_usd' ? '$' : '\u20ac'}${digits(Math.abs(value))}`;
    case 'duration_minutes':
      return `${digits(value)}\u00a0min`;
    case 'bytes':
      return `${digits(value)}\u00a0B`;
    default:
      return format?.endsWith('%')
        ? digits(value * 100) + numberLocale().percentSuffix
        : digits(value);
  }
}
