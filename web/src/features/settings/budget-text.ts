// A budget as it is typed, rows, whole megabytes and units of cost, and back. Pure.
import type { Budget } from '@/api/types';

const MEGABYTE = 1_000_000;

export interface TypedBudget {
  rows: string;
  megabytes: string;
  cost: string;
}

/** A whole number, nothing, or what is none of both. */
export const readCount = (text: string): number | null | undefined => {
  const bare = text.replace(/[\s,_.]/g, '');
  if (bare === '') return null;
  return /^\d{1,12}$/.test(bare) ? Number(bare) : undefined;
};

export const typedOf = (saved: Budget): TypedBudget => ({
  rows: saved.rows == null ? '' : saved.rows.toLocaleString('en'),
  megabytes: saved.bytes == null ? '' : Math.ceil(saved.bytes / MEGABYTE).toLocaleString('en'),
  cost: saved.cost == null ? '' : saved.cost.toLocaleString('en'),
});

export const isSameText = (one: TypedBudget, other: TypedBudget): boolean =>
  one.rows === other.rows && one.megabytes === other.megabytes && one.cost === other.cost;

/** What is typed, or undefined where a part of it is no number. */
export function budgetOf(typed: TypedBudget, saved: Budget): Budget | undefined {
  const rows = readCount(typed.rows);
  const megabytes = readCount(typed.megabytes);
  const cost = readCount(typed.cost);
  if (rows === undefined || megabytes === undefined || cost === undefined) return undefined;
  const budget: Budget = {};
  if (rows !== null) budget.rows = rows;
  // Shown in whole megabytes; what was not typed anew stays to the byte.
  if (typed.megabytes === typedOf(saved).megabytes) budget.bytes = saved.bytes;
  else if (megabytes !== null) budget.bytes = megabytes * MEGABYTE;
  if (cost !== null) budget.cost = cost;
  return budget;
}
