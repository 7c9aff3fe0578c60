// A model as it is compared, sent and written: without what says nothing, in one order. Pure.
import type { Model } from '@/api/types';

const order = [
  'name',
  'dataset',
  'label',
  'description',
  'meta',
  'public',
  'time_dimension',
  'dimensions',
  'joins',
  'segments',
  'hierarchies',
  'measures',
  'rollups',
  'access_policies',
] as const;

const says = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  !(Array.isArray(value) && value.length === 0);

/** What says something when it is empty: of the columns of a policy none but those that are masked, where without the list all are seen. */
const saysEmpty = (key: string, entry: unknown): boolean =>
  key === 'columns' && Array.isArray(entry);

/** What is said to programs, and what a condition compares with, is theirs: what is missing or false says something there. */
const isTheirs = (key: string): boolean => key === 'values' || key === 'meta';

/** Entries that are nothing, empty or false are what a model has without them; but it is offered where it does not say otherwise. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, entry]) => [key, isTheirs(key) ? entry : bare(entry)] as const)
      .filter(([key, entry]) =>
        key === 'public'
          ? entry === false
          : says(entry) ||
            key === 'values' ||
            saysEmpty(key, entry) ||
            (key === 'meta' && entry != null),
      ),
  );
}

export function writtenModel(model: Model): Record<string, unknown> {
  const plain: Record<string, unknown> = {
    dimensions: [],
    measures: [],
    ...(bare(model) as Record<string, unknown>),
  };
  const known = order.flatMap((key) => (key in plain ? [[key, plain[key]] as const] : []));
  // What a newer server knows is kept.
  const rest = Object.entries(plain).filter(
    ([key]) => key !== 'version' && !(order as readonly string[]).includes(key),
  );
  return Object.fromEntries([...known, ...rest]);
}

export const sameModel = (a: Model, b: Model): boolean =>
  JSON.stringify(sorted(writtenModel(a))) === JSON.stringify(sorted(writtenModel(b)));

/** Whether both say the same of who sees what. */
export const sameAccess = (a: Model, b: Model): boolean =>
  JSON.stringify(sorted(bare(a.access_policies ?? []))) ===
  JSON.stringify(sorted(bare(b.access_policies ?? [])));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}
