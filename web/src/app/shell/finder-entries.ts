// What the finder leads to, and which of it somebody means: every word that was typed has to be there, and what begins with
// the first one goes before what only holds it. Pure.
import type { DashboardSummary, DatasetSummary, Model, ViewDetail } from '@/api/types';
import { exploring } from '@/lib/explore-link';
import { isOffered, offered } from '@/lib/offered';
import type { IconName } from '@/theme/icons';

export interface FinderEntry {
  key: string;
  label: string;
  /** What it is, in a word or two; found by as well. */
  kind: string;
  icon: IconName;
  /** Where it leads; what leads nowhere is done by the finder. */
  to: string | null;
  /** Found by what is typed only: there may be hundreds. */
  byName?: true;
}

export interface FinderSources {
  dashboards: readonly DashboardSummary[];
  datasets: readonly DatasetSummary[];
  models: readonly Model[];
  views: readonly ViewDetail[];
}

/** How many are shown: the rest is found by typing more. */
export const MOST_FOUND = 12;
const NEWEST = 6;

const page = (label: string, to: string, icon: IconName): FinderEntry => ({
  key: to,
  label,
  kind: 'Page',
  icon,
  to,
});

/** The pages that everybody has, and what only editors can do. */
export const pagesOf = (mayEdit: boolean): FinderEntry[] => [
  page('Dashboards', '/', 'dashboard'),
  page('Explore', '/explore', 'chart'),
  page('SQL', '/sql', 'prompt'),
  page('Datasets', '/datasets', 'dataset'),
  page('Views', '/views', 'layers'),
  page('Settings', '/settings', 'settings'),
  ...(mayEdit ? [page('Upload a file', '/datasets/upload', 'upload')] : []),
];

const part = encodeURIComponent;
/** Labels may be empty. */
const called = ({ name, label }: { name: string; label: string }): string => label || name;

/** Measures are asked alone, dimensions with the first measure: an answer at once. */
function membersOf(
  name: string,
  label: string,
  measures: readonly { name: string; label: string; public?: boolean }[],
  dimensions: readonly { name: string; label: string; public?: boolean }[],
  time: string | null,
): FinderEntry[] {
  const shown = offered(measures);
  const first = shown[0];
  const member = (kind: string, key: string, text: string, asked: string): FinderEntry => ({
    key: `${kind} ${name}.${key}`,
    label: text,
    kind: `${kind} of ${label}`,
    icon: kind === 'Measure' ? 'sum' : 'filter',
    to: `${exploring(name)}&${asked}`,
    byName: true,
  });
  return [
    ...shown.map((measure) =>
      member('Measure', measure.name, called(measure), `m=${part(measure.name)}`),
    ),
    ...(first
      ? offered(dimensions)
          .filter((dimension) => dimension.name !== time)
          .map((dimension) =>
            member(
              'Dimension',
              dimension.name,
              called(dimension),
              `m=${part(first.name)}&d=${part(dimension.name)}`,
            ),
          )
      : []),
  ];
}

export function entriesOf(sources: FinderSources, mayEdit: boolean): FinderEntry[] {
  const models = sources.models.filter(isOffered);
  const newestFirst = [...sources.dashboards].sort((one, other) =>
    other.updated_at.localeCompare(one.updated_at),
  );
  return [
    ...newestFirst.map(({ id, title }, place): FinderEntry => ({
      key: `dashboard ${id}`,
      label: title,
      kind: 'Dashboard',
      icon: 'dashboard',
      to: `/dashboards/${part(id)}`,
      ...(place < NEWEST ? {} : { byName: true }),
    })),
    ...pagesOf(mayEdit),
    ...sources.datasets.map((dataset): FinderEntry => ({
      key: `dataset ${dataset.name}`,
      label: called(dataset),
      kind: 'Dataset',
      icon: 'dataset',
      to: `/datasets/${part(dataset.name)}`,
      byName: true,
    })),
    ...models.map((model): FinderEntry => ({
      key: `explore ${model.name}`,
      label: `Explore ${called(model)}`,
      kind: 'Model',
      icon: 'chart',
      to: exploring(model.name),
      byName: true,
    })),
    ...sources.views.map(({ definition }): FinderEntry => ({
      key: `view ${definition.name}`,
      label: `Explore ${called(definition)}`,
      kind: 'View',
      icon: 'layers',
      to: exploring(definition.name),
      byName: true,
    })),
    ...sources.views.flatMap((view) =>
      membersOf(
        view.definition.name,
        called(view.definition),
        view.measures,
        view.dimensions,
        view.time_dimension,
      ),
    ),
    ...models.flatMap((model) =>
      membersOf(
        model.name,
        called(model),
        model.measures,
        model.dimensions,
        model.time_dimension ?? null,
      ),
    ),
  ];
}

const startsWord = (text: string, word: string): boolean =>
  text.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word));

/** Smaller is nearer; null: it is not meant. */
function farness({ label, kind }: FinderEntry, words: readonly string[]): number | null {
  const name = label.toLowerCase();
  const all = `${name} ${kind.toLowerCase()}`;
  if (!words.every((word) => all.includes(word))) return null;
  if (name === words.join(' ')) return 0;
  const first = words[0] ?? '';
  if (name.startsWith(first)) return 1;
  if (startsWord(name, first)) return 2;
  return name.includes(first) ? 3 : 4;
}

/** What is meant by `text`, the nearest first; where nothing is typed, what people open most. */
export function findEntries(entries: readonly FinderEntry[], text: string): FinderEntry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries.filter(({ byName }) => !byName);
  return entries
    .flatMap((entry) => {
      const far = farness(entry, words);
      return far === null ? [] : [{ entry, far }];
    })
    .sort((one, other) => one.far - other.far)
    .slice(0, MOST_FOUND)
    .map(({ entry }) => entry);
}
