// Query of a area over time: buckets in order, split by at most one dimension.
import type { SemanticQuery } from '@/api/types';
import { baseQuery } from '../widget-kind';
import type { WidgetChoices } from '../widget-kind';

export const toQuery = (choices: WidgetChoices): SemanticQuery => baseQuery(choices);
