// Query of a number: one measure, nothing to group by.
import type { SemanticQuery } from '@/api/types';
import type { WidgetChoices } from '../widget-kind';

export const toQuery = (choices: WidgetChoices): SemanticQuery => ({
  measures: choices.measures.slice(0, 1),
});
