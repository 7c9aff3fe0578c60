// Query of a table: any measures by any dimensions.
import type { SemanticQuery } from '@/api/types';
import { baseQuery } from '../widget-kind';
import type { WidgetChoices } from '../widget-kind';

export const toQuery = (choices: WidgetChoices): SemanticQuery => ({
  ...baseQuery(choices),
  limit: choices.limit ?? 500,
});
