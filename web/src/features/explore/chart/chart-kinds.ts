// Which kinds of widgets can draw a choice of members, and which one suits it. Pure.
import type { Model, WidgetKind } from '@/api/types';
import { formatCount } from '@/lib/format';
import { toMember } from '@/lib/members';
import { pointAmong } from '@/lib/points';
import { kindOf, widgetKinds } from '@/widgets/registry';
import { isAdditive } from '@/widgets/result-columns';
import type { WidgetKindSpec } from '@/widgets/widget-kind';
import type { ExploreState } from '../state/explore-state';

type Choice = Pick<ExploreState, 'measures' | 'dimensions' | 'grain'>;

/** null when it can; else what it needs, in words. */
export function obstacle(kind: WidgetKindSpec, choice: Choice, model: Model): string | null {
  const { measures, dimensions, time } = kind.fields;
  const over = choice.grain !== null;
  const between = (count: number, limits: { min: number; max: number }, what: string) => {
    if (count < limits.min)
      return limits.min === 1 ? `needs a ${what}` : `needs ${limits.min} ${what}s`;
    if (count <= limits.max) return null;
    return limits.max === 0 ? `takes no ${what}` : `takes ${formatCount(limits.max, what)} at most`;
  };
  if (time === 'required' && !over) return 'needs a time';
  if (time === 'none' && over) return 'takes no time';
  const problem =
    between(choice.measures.length, measures, 'measure') ??
    between(choice.dimensions.length, dimensions, 'dimension');
  if (problem !== null) return problem;
  // One place for each mark: a bar without anything to stand on is a number.
  if (kind.kind !== 'number' && kind.kind !== 'table' && !over && choice.dimensions.length === 0)
    return 'needs a time or a dimension';
  if (kind.kind === 'heatmap' && choice.dimensions.length + Number(over) < 2)
    return 'needs two of dimensions and time';
  const members = choice.dimensions.map((name) => toMember(name, model.name));
  if (kind.fields.point && pointAmong(members, [model]) === null)
    return 'needs a latitude and its longitude';
  return null;
}

/** Parts are stacked only where they make up a whole: averages on top of each other are none. */
export function suitedKind(choice: Choice, model: Model): WidgetKind {
  const [measure] = choice.measures;
  const adds = measure !== undefined && isAdditive(toMember(measure, model.name), [model]);
  const candidates: WidgetKind[] =
    choice.grain !== null
      ? ['line', 'stacked_bar', 'heatmap']
      : ['number', 'map', 'bar', 'stacked_bar', 'heatmap'];
  const fits = (kind: WidgetKind): boolean => {
    const spec = kindOf(kind);
    return spec !== null && obstacle(spec, choice, model) === null;
  };
  return candidates.find((kind) => (adds || kind !== 'stacked_bar') && fits(kind)) ?? 'table';
}

export interface KindChoice {
  kind: WidgetKind;
  label: string;
  obstacle: string | null;
}

export const kindChoices = (choice: Choice, model: Model): KindChoice[] =>
  widgetKinds.map((spec) => ({
    kind: spec.kind,
    label: spec.kind === 'table' ? 'Table only' : spec.label,
    obstacle: obstacle(spec, choice, model),
  }));

/** What is drawn: what was chosen where it can be, else what suits. */
export function drawnKind(state: ExploreState, model: Model): WidgetKind {
  const chosen = state.chart === null ? null : kindOf(state.chart);
  return chosen && obstacle(chosen, state, model) === null ? chosen.kind : suitedKind(state, model);
}
