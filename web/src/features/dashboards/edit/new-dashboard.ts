// What a new, empty dashboard starts with.
import type { DashboardDefinition, Model } from '@/api/types';

export function emptyDefinition(models: readonly Model[]): DashboardDefinition {
  const timed = models.find((model) => model.time_dimension);
  return {
    schema: 1,
    timezone: null,
    time: { range: 'last 90 days of data', grain: null },
    time_dimension: timed?.time_dimension ? `${timed.name}.${timed.time_dimension}` : null,
    filters: [],
    widgets: [],
  };
}
