// Heads of an answer in the words of the page: two joins to one model give its dimensions the same name, and the page says
// which it is. Pure.
import type { Model, QueryResult } from '@/api/types';
import { isJoined } from '@/lib/joins';

export function withJoinedLabels(result: QueryResult, model: Model): QueryResult {
  const labels = new Map(model.dimensions.filter(isJoined).map(({ name, label }) => [name, label]));
  if (!result.columns.some(({ name }) => labels.has(name))) return result;
  return {
    ...result,
    columns: result.columns.map((column) => ({
      ...column,
      label: labels.get(column.name) ?? column.label,
    })),
  };
}
