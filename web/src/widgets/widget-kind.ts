// What a widget kind is: the contract that every folder beside this file fulfils.
import type {
  Cell,
  Fill,
  Model,
  QueryResult,
  SemanticQuery,
  Widget,
  WidgetKind,
} from '@/api/types';
import type { ColorAssignments } from '@/charts/core/color-map';
import type { ChunkComponent } from '@/components/chunk-component';
import { toMember } from '@/lib/members';
import { pointsOf } from '@/lib/points';
import { topQuestion, USUAL_TOP } from '@/lib/top-values';
import type { TopChoice } from '@/lib/top-values';
import type { IconName } from '@/theme/icons';

/** Which parts of a query the editor offers, and how many of each. */
export interface WidgetFields {
  measures: { min: number; max: number };
  dimensions: { min: number; max: number };
  time: 'required' | 'optional' | 'none';
  comparison: boolean;
  /** A new one compares with nothing until somebody asks for it. */
  comparesLater?: true;
  /** Two of the dimensions are a latitude and its longitude. */
  point?: true;
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
  /** The dimension of which only the greatest values are told apart, and the measure that says which; null: all are. */
  top?: (TopChoice & { by: string | null }) | null;
  /** What is shown in times without rows; null: what the picture makes of them. */
  fill?: Fill | null;
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

/** What a model has to have for a kind to draw anything of it; null: it has that. */
export function missingFor({ fields }: WidgetKindSpec, model: Model): string | null {
  if (fields.time === 'required' && !model.time_dimension) return 'Needs a time column';
  if (fields.point && pointsOf(model).length === 0) return 'Needs a latitude and its longitude';
  return null;
}

/** Choices back from a query, so that any saved widget can be edited. */
export function choicesOf(query: SemanticQuery): WidgetChoices {
  const time = query.timeDimensions?.find((entry) => entry.granularity);
  const { top } = query;
  return {
    measures: query.measures ?? [],
    dimensions: query.dimensions ?? [],
    time: time ? { dimension: time.dimension, grain: time.granularity ?? 'day' } : null,
    limit: query.limit ?? null,
    top: top
      ? {
          dimension: top.dimension,
          limit: top.limit,
          others: top.others ?? false,
          by: top.by ?? null,
        }
      : null,
    fill: time?.fill ?? null,
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

/** Whether the measure that a new widget begins with says which values are the greatest. */
export const canRank = (model: Model): boolean =>
  topQuestion(
    model.measures.slice(0, 1).map(({ name }) => name),
    [],
    model,
  ).obstacle === null;

/** What a picture over time is split by at first: as many values as can be told apart, and the others together. */
export const usualTop = (dimension: string): NonNullable<WidgetChoices['top']> => ({
  dimension,
  limit: USUAL_TOP,
  others: true,
  by: null,
});

/** The common shape; kinds adjust order and limit. */
export function baseQuery(choices: WidgetChoices): SemanticQuery {
  const query: SemanticQuery = { measures: choices.measures };
  if (choices.dimensions.length > 0) query.dimensions = choices.dimensions;
  if (choices.time) {
    query.timeDimensions = [
      {
        dimension: choices.time.dimension,
        granularity: choices.time.grain ?? 'day',
        ...(choices.fill ? { fill: choices.fill } : {}),
      },
    ];
  }
  const { top } = choices;
  if (top && choices.dimensions.includes(top.dimension)) {
    const { by, ...asked } = top;
    const known = by !== null && choices.measures.includes(by);
    query.top = known ? { ...asked, by } : asked;
  }
  if (choices.limit !== null) query.limit = choices.limit;
  return query;
}
