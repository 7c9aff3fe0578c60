// Query of stacked bars: places (time, or a first dimension) and parts (a last dimension).
import type { SemanticQuery } from '@/api/types';
import { baseQuery } from '../widget-kind';
import type { WidgetChoices } from '../widget-kind';

export const toQuery = (choices: WidgetChoices): SemanticQuery => baseQuery(choices);
