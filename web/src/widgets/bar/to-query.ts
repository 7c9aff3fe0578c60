// Query of bars: over time in order of time, over a dimension the largest first.
import type { SemanticQuery } from '@/api/types';
import { baseQuery } from '../widget-kind';
import type { WidgetChoices } from '../widget-kind';

export function toQuery(choices: WidgetChoices): SemanticQuery {
  const query = baseQuery(choices);
  const measure = choices.measures[0];
  if (choices.time || measure === undefined) return query;
  return {
    ...query,
    order: [[measure, 'desc']],
    limit: Math.max(choices.limit ?? 20, query.top?.limit ?? 0),
  };
}
