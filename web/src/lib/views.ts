// A view as a model: its members under their names in it, so that whatever asks a model asks a view too. What only the models
// behind it know, such as which rows a measure is made of, is read there. Pure.
import type { Model, ModelDimension, ModelMeasure, NamedFilter, ViewDetail } from '@/api/types';
import type { JoinedDimension } from './joins';

interface BehindMeasure {
  model: Model;
  measure: ModelMeasure;
}

export interface ViewModel extends Model {
  view: ViewDetail;
  /** The models, in which its members are found. */
  sources: readonly Model[];
  measureBehind: (name: string) => BehindMeasure | null;
}

export const isView = (model: Model): model is ViewModel => 'view' in model;

const headOf = (member: string): string => member.slice(0, Math.max(0, member.indexOf('.')));
const tailOf = (member: string): string => member.slice(member.indexOf('.') + 1);

/** The model whose rows the first part of a view is about. */
export const firstModelOf = ({ definition }: ViewDetail): string =>
  definition.include[0]?.path.split('.')[0] ?? '';

/** What is looked up has a group of its own among the fields, as that of a joined model has. */
function dimensionOf(
  {
    name,
    label,
    type,
    format,
    granularities,
    geo,
    latitude,
    description,
    public: offered,
    member,
  }: ViewDetail['dimensions'][number],
  first: string,
  models: readonly Model[],
): ModelDimension {
  const own: ModelDimension = {
    name,
    label,
    type,
    ...(format == null ? {} : { format }),
    ...(granularities?.length ? { granularities } : {}),
    ...(geo == null ? {} : { geo }),
    ...(latitude == null ? {} : { latitude }),
    ...(description ? { description } : {}),
    ...(offered === false ? { public: false } : {}),
  };
  const head = headOf(member);
  if (head === first) return own;
  const words = head.replaceAll('_', ' ');
  const title =
    models.find((entry) => entry.name === head)?.label ??
    words.charAt(0).toUpperCase() + words.slice(1);
  const joined: JoinedDimension = { ...own, joined: { title, label } };
  return joined;
}

/** Its conditions are in the words of its model. Where that is not there, they are on something that nobody has. */
function segmentOf(
  { name, label, description, public: offered, member }: ViewDetail['segments'][number],
  models: readonly Model[],
): NamedFilter {
  const found = models
    .find((entry) => entry.name === headOf(member))
    ?.segments?.find((entry) => entry.name === tailOf(member));
  return {
    name,
    label,
    ...(description ? { description } : {}),
    ...(offered === false ? { public: false } : {}),
    filters: found?.filters ?? [{ member, operator: 'set' }],
  };
}

/** What a measure of a view is: measures are always said with the name of their model. */
function found(
  { measures }: ViewDetail,
  name: string,
  models: readonly Model[],
): BehindMeasure | null {
  const member = measures.find((entry) => entry.name === name)?.member ?? '';
  const model = models.find((entry) => entry.name === headOf(member));
  const measure = model?.measures.find((entry) => entry.name === tailOf(member));
  return model && measure ? { model, measure } : null;
}

export function viewAsModel(view: ViewDetail, models: readonly Model[]): ViewModel {
  const first = firstModelOf(view);
  const root = models.find((entry) => entry.name === first);
  const { name, label, description, version = 1 } = view.definition;
  return {
    name,
    label,
    ...(description ? { description } : {}),
    version,
    dataset: root?.dataset ?? first,
    time_dimension: view.time_dimension,
    dimensions: view.dimensions.map((dimension) => dimensionOf(dimension, first, models)),
    measures: view.measures.map(({ member: _member, ...measure }): ModelMeasure => ({
      ...measure,
    })),
    segments: view.segments.map((segment) => segmentOf(segment, models)),
    hierarchies: view.hierarchies,
    view,
    sources: models,
    measureBehind: (called) => found(view, called, models),
  };
}

/** What can be asked: views first, which are what people are meant to see, and then the models behind them. */
export const askable = (
  views: readonly ViewDetail[],
  models: readonly Model[],
): readonly Model[] =>
  views.length === 0 ? models : [...views.map((view) => viewAsModel(view, models)), ...models];

const membersIn = ({ dimensions, measures }: ViewDetail) => [...dimensions, ...measures];

/** The member of a model that a member says: its own, or the one behind a member of a view. */
export function behind(member: string, models: readonly Model[]): string {
  const model = models.find((entry) => entry.name === headOf(member));
  if (!model || !isView(model)) return member;
  return membersIn(model.view).find(({ name }) => name === tailOf(member))?.member ?? member;
}

/** What a view calls a member of a model; null: it does not show it. */
export function calledIn(view: ViewModel, member: string): string | null {
  const found = membersIn(view.view).find((entry) => entry.member === member);
  return found ? `${view.name}.${found.name}` : null;
}

/** The measures that count rows of what is asked: of a view those of its first model, from which all else is reached. */
export const countedBy = (model: Model): readonly ModelMeasure[] =>
  isView(model)
    ? model.measures.filter(
        ({ name }) => model.measureBehind(name)?.model.name === firstModelOf(model.view),
      )
    : model.measures;
