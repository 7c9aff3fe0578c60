// The locale of all formatting. Separators come from the platform, so that axis, tooltip, table and
// label agree; d3-format then only knows the shapes.
import { formatLocale } from 'd3-format';
import type { FormatLocaleObject } from 'd3-format';

interface NumberLocale {
  tag: string;
  d3: FormatLocaleObject;
  // '%' or '\u00a0%', as the language writes it.
  percentSuffix: string;
}

function readSeparators(tag: string): NumberLocale {
  const parts = new Intl.NumberFormat(tag).formatToParts(-1234567.8);
  const find = (type: string) => parts.find((part) => part.type === type)?.value;
  const percent = new Intl.NumberFormat(tag, { style: 'percent' }).formatToParts(0.1);
  const afterNumber = percent.findLastIndex((part) => part.type === 'integer') + 1;
  const suffix = percent.slice(afterNumber).map((part) => part.value);
  return {
    tag,
    percentSuffix: suffix.join('').includes('%') ? suffix.join('') : '%',
    d3: formatLocale({
      decimal: find('decimal') ?? '.',
      thousands: find('group') ?? '',
      grouping: tag === 'en-IN' || tag === 'hi-IN' ? [3, 2, 2, 2, 2] : [3],
      currency: ['', ''],
      minus: '\u2212',
    }),
  };
}

let current: NumberLocale | null = null;

export function numberLocale(): NumberLocale {
  current ??= readSeparators(globalThis.navigator?.language || 'en-GB');
  return current;
}

export function localeTag(): string {
  return numberLocale().tag;
}

// For the locale setting and for tests.
export function setFormatLocale(tag: string): void {
  current = readSeparators(tag);
}
