// The state of an address, fitted to the models that there are: what they do not have is left out, with a sentence that
// names what is near. Pure.
import type { Model } from '@/api/types';
import { beginWith } from '@/lib/begin-with';
import { isJoined } from '@/lib/joins';
import { filterMembers, toMember } from '@/lib/members';
import { widthOf } from '@/lib/missing-buckets';
import { nearest } from '@/lib/near-name';
import { isSaid } from '@/lib/said-by';
import { offered } from '@/lib/offered';
import { isView } from '@/lib/views';
import { isEmpty, tidy } from './explore-state';
import type { ExploreState } from './explore-state';

export interface Fitted {
  /** null: there is none, or not the one that was asked for. */
  model: Model | null;
  state: ExploreState;
  complaints: string[];
}

function unknown(what: string, name: string, names: readonly string[], where: string): string {
  const near = nearest(name, names);
  return `There is no ${what} “${name}” ${where}${near === null ? '' : `; did you mean “${near}”?`}${near === null ? '.' : ''}`;
}

export const isTime = (type: string): boolean => type === 'timestamp' || type === 'date';

/** The name of the dimension that range and grain are about; null: there is none, or none of the rows that are counted. */
export function timeOf(
  { on, measures }: Pick<ExploreState, 'on' | 'measures'>,
  model: Model,
): string | null {
  const own = model.time_dimension ?? null;
  if (on !== null || own === null || !isView(model)) return on ?? own;
  const full = (name: string): string => toMember(name, model.name);
  return isSaid(full(own), measures.map(full), [model, ...model.sources]) ? own : null;
}

export function fit(state: ExploreState, models: readonly Model[]): Fitted {
  const complaints: string[] = [];
  // Members without a name before them have always been those of the first model.
  const listed = offered(models);
  const begun = listed.length > 0 ? listed : models;
  const says = !isEmpty(state) || state.filters.length > 0 || state.segments.length > 0;
  const first = says ? (begun.find((entry) => !isView(entry)) ?? begun[0]) : beginWith(begun);
  const model = state.model === null ? first : models.find((entry) => entry.name === state.model);
  if (!model) {
    if (state.model !== null) {
      const names = models.map((entry) => entry.name);
      complaints.push(unknown('model', state.model, names, 'here'));
    }
    return { model: null, state, complaints };
  }
  const where = `in ${model.label}`;
  const measures = model.measures.map((measure) => measure.name);
  const dimensions = model.dimensions.map((dimension) => dimension.name);
  const times = model.dimensions
    .filter((dimension) => isTime(dimension.type) && !isJoined(dimension))
    .map((dimension) => dimension.name);
  const known = (what: string, all: readonly string[]) => (name: string) => {
    if (all.includes(name)) return true;
    complaints.push(unknown(what, name, all, where));
    return false;
  };
  const segments = (model.segments ?? []).map((segment) => segment.name);
  const members = [...measures, ...dimensions];
  const on = state.on !== null && known('time', times)(state.on) ? state.on : null;
  const fitted: ExploreState = {
    ...state,
    model: model.name,
    measures: state.measures.filter(known('measure', measures)),
    dimensions: state.dimensions.filter(known('dimension', dimensions)),
    segments: state.segments.filter(known('named filter', segments)),
    on: on === model.time_dimension ? null : on,
    filters: state.filters.filter((filter) =>
      filterMembers(filter).every(known('member', members)),
    ),
  };
  const time = timeOf(fitted, model);
  if (time === null && fitted.grain !== null) {
    complaints.push(
      model.time_dimension
        ? `What is measured does not happen at the time of ${model.label}.`
        : `${model.label} has no time to group by.`,
    );
    fitted.grain = null;
  }
  if (time === null && fitted.compare) {
    complaints.push(`${model.label} has no time here, so there is nothing before to compare with.`);
    fitted.compare = false;
  }
  const named = model.dimensions.find(({ name }) => name === time)?.granularities ?? [];
  const { grain } = fitted;
  if (grain !== null && widthOf(grain) === null && !named.some(({ name }) => name === grain)) {
    complaints.push(`“${grain}” is not a grain such as day or month.`);
    fitted.grain = null;
  }
  const tidied = tidy(fitted, time);
  if (tidied.order.length < fitted.order.length) {
    complaints.push('An order by what is not chosen was left out.');
  }
  if (fitted.pivot !== null && tidied.pivot === null) {
    complaints.push(`“${fitted.pivot}” is not chosen, so it cannot stand across.`);
  }
  if (fitted.top !== tidied.top && fitted.top !== null && fitted.top !== 'all') {
    complaints.push(
      `“${fitted.top.dimension}” is not chosen, so it has no greatest values to tell apart.`,
    );
  }
  return { model, state: tidied, complaints };
}
