// Which state of the data an address asks for, and how many rows. Pure.
import type { AsOf } from '@/api/types';

export const MOST_ROWS = 50_000;

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

export const isInstant = (text: string): boolean =>
  instant.test(text) && !Number.isNaN(Date.parse(text));

export function readAsOf(text: string): AsOf | null {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  return isInstant(text) ? text : null;
}

export function readLimit(text: string): number | null {
  const limit = Number(text);
  return /^\d+$/.test(text) && limit >= 1 && limit <= MOST_ROWS ? limit : null;
}
