// Query of a map: the places, and as many as can be told apart.
import type { SemanticQuery } from '@/api/types';
import { baseQuery } from '../widget-kind';
import type { WidgetChoices } from '../widget-kind';

export const toQuery = (choices: WidgetChoices): SemanticQuery => ({
  ...baseQuery(choices),
  limit: choices.limit ?? 5_000,
});
