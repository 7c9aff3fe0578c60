// What a card asks around its answer, fitted to its other choices: greatest values of a dimension that it has, by a measure that
// can say which, and filled buckets where there are some. Pure.
import type { Filter, Model } from '@/api/types';
import { isOnMeasure } from '@/lib/measure-filters';
import { fromMember, toMember } from '@/lib/members';
import { topQuestion } from '@/lib/top-values';
import type { TopQuestion } from '@/lib/top-values';
import type { WidgetChoices } from '@/widgets/widget-kind';
import { usualTop } from '@/widgets/widget-kind';

type Top = NonNullable<WidgetChoices['top']>;

export const topQuestionOf = (
  { measures }: Pick<WidgetChoices, 'measures'>,
  filters: readonly Filter[],
  model: Model,
): TopQuestion =>
  topQuestion(
    measures.map((name) => fromMember(name, model.name)),
    filters,
    model,
  );

/** Why times without rows cannot be filled, or null. */
export const fillObstacle = (filters: readonly Filter[], model: Model): string | null =>
  filters.some((filter) => isOnMeasure(filter, model))
    ? 'Not together with a filter on a measure.'
    : null;

/** Split over time: with many values it is a tangle. */
const splits = ({ time, dimensions }: WidgetChoices): boolean =>
  time !== null && dimensions.length === 1;

function topFor(choices: WidgetChoices, before: WidgetChoices): Omit<Top, 'by'> | null {
  const { dimensions } = choices;
  const { top } = choices;
  const dimension = dimensions.at(-1);
  if (dimension === undefined) return null;
  if (top) return dimensions.includes(top.dimension) ? top : { ...top, dimension };
  return splits(choices) && !splits(before) ? usualTop(dimension) : null;
}

/** `drawn`: as a line, area or bars. What was chosen `before` says what is new. */
export function fitAround(
  choices: WidgetChoices,
  before: WidgetChoices,
  filters: readonly Filter[],
  model: Model,
  drawn: boolean,
): WidgetChoices {
  const question = topQuestionOf(choices, filters, model);
  const top = drawn || choices.top ? topFor(choices, before) : null;
  const canFill = choices.time !== null && fillObstacle(filters, model) === null;
  const fresh = drawn && before.time === null ? 'null' : null;
  return {
    ...choices,
    top:
      top === null || question.obstacle !== null
        ? null
        : { ...top, by: question.by === null ? null : toMember(question.by, model.name) },
    fill: canFill ? (choices.fill ?? fresh) : null,
  };
}
