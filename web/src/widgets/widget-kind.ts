// What a widget kind is: the contract that every folder beside this file fulfils.
import type { Cell, Model, QueryResult, SemanticQuery, Widget, WidgetKind } from '@/api/types';
import type { ColorAssignments } from '@/charts/core/color-map';
import type { ChunkComponent } from '@/components/chunk-component';
import { toMember } from '@/lib/members';
import type { IconName } from '@/theme/icons';

/** Which parts of a query the editor offers, and how many of each. */
export interface WidgetFields {
  measures: { min: number; max: number };
  dimensions: { min: number; max: number };
  time: 'required' | 'optional' | 'none';
  comparison: boolean;
}

/** The editor's choices; each kind turns them into a query. */
export interface WidgetChoices {
  measures: string[];
  dimensions: string[];
  time: {
    dimension: string;
    grain: NonNullable<SemanticQuery['timeDimensions']>[number]['granularity'];
  } | null;
  limit: number | null;
}

export interface WidgetViewProps {
  widget: Widget;
  result: QueryResult;
  /** Answer of the previous period, when the widget compares. */
  comparison: QueryResult | null;
  models: readonly Model[];
  colors: ColorAssignments;
  zone: string;
  live: boolean;
  /** Adds a filter; absent where nothing can be filtered (edit mode). */
  onFilter?: ((member: string, value: Cell) => void) | undefined;
}

export interface WidgetKindSpec {
  kind: WidgetKind;
  label: string;
  /** One line for the chooser. */
  hint: string;
  icon: IconName;
  fields: WidgetFields;
  size: { w: number; h: number };
  /** Choices for a new widget on a model. */
  defaults: (model: Model) => WidgetChoices;
  toQuery: (choices: WidgetChoices) => SemanticQuery;
  /** In a chunk of its own, which is fetched beside the data and not after it. */
  View: ChunkComponent<WidgetViewProps>;
}

/** Choices back from a query, so that any saved widget can be edited. */
export function choicesOf(query: SemanticQuery): WidgetChoices {
  const time = query.timeDimensions?.find((entry) => entry.granularity);
  return {
    measures: query.measures ?? [],
    dimensions: query.dimensions ?? [],
    time: time ? { dimension: time.dimension, grain: time.granularity ?? 'day' } : null,
    limit: query.limit ?? null,
  };
}

export const member = (model: Model, name: string): string => toMember(name, model.name);

/** First dimension that reads well as a category: text before everything else. */
export function categoryOf(model: Model, skip: readonly string[] = []): string | null {
  const usable = model.dimensions.filter(
    (dimension) =>
      dimension.name !== model.time_dimension && !skip.includes(member(model, dimension.name)),
  );
  const text = usable.find((dimension) => dimension.type === 'string');
  const any =
    text ?? usable.find((dimension) => !['timestamp', 'date', 'float'].includes(dimension.type));
  return any ? member(model, any.name) : null;
}

export const firstMeasure = (model: Model): string[] => {
  const measure = model.measures[0];
  return measure ? [member(model, measure.name)] : [];
};

export const timeOf = (model: Model): WidgetChoices['time'] =>
  model.time_dimension ? { dimension: member(model, model.time_dimension), grain: 'day' } : null;

/** The common shape; kinds adjust order and limit. */
export function baseQuery(choices: WidgetChoices): SemanticQuery {
  const query: SemanticQuery = { measures: choices.measures };
  if (choices.dimensions.length > 0) query.dimensions = choices.dimensions;
  if (choices.time) {
    query.timeDimensions = [
      { dimension: choices.time.dimension, granularity: choices.time.grain ?? 'day' },
    ];
  }
  if (choices.limit !== null) query.limit = choices.limit;
  return query;
}
