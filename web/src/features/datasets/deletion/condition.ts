// The condition that says which rows go: what is picked from the model is written in SQL and added to what stands there. Pure.
import type { DatasetColumn, MemberFilter, Model } from '@/api/types';
import { filterSql, NotInSql } from '@/lib/filter-sql';
import { isJoined } from '@/lib/joins';

/** The model with what can be a condition on single rows: neither what is looked up elsewhere, nor times, whose days depend on a zone. */
export const pickable = (model: Model): Model => ({
  ...model,
  dimensions: model.dimensions.filter(
    (dimension) =>
      !isJoined(dimension) && dimension.type !== 'timestamp' && dimension.type !== 'date',
  ),
});

/** A condition as it could be typed, over a column that is there. */
export function exampleOf(columns: readonly Pick<DatasetColumn, 'name' | 'type'>[]): string {
  const number = columns.find(({ type }) => type === 'integer' || type === 'float');
  const { name } = number ?? columns[0] ?? { name: 'a column' };
  const quoted = /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
  return number ? `${quoted} = 7` : `${quoted} is null`;
}

export type Condition = { sql: string } | { problem: string };

/** Both conditions have to hold. What was typed may have an `or`, which binds less than an `and`. */
export function withFilter(condition: string, filter: MemberFilter, model: Model): Condition {
  try {
    const sql = filterSql(filter, model);
    const before = condition.trim();
    if (before === '') return { sql };
    return { sql: `${/\bor\b/i.test(before) ? `(${before})` : before}\nand ${sql}` };
  } catch (error) {
    if (error instanceof NotInSql) return { problem: error.message };
    throw error;
  }
}

/** Whether a number was typed, with or without separators. */
export const says = (typed: string, rows: number): boolean =>
  typed.trim() !== '' && typed.replaceAll(/[\s.,'\u2019]/g, '') === String(rows);
