// A view as YAML and back: which keys there are, and what their values may be of. Pure.
import { stringify } from 'yaml';
import type { Model, View } from '@/api/types';
import { list, map, name, text } from '../../text/shape';
import type { Shape } from '../../text/shape';
import { plainIn, readYaml } from '../../text/yaml-text';
import type { Wrong } from '../../text/yaml-text';
import { offersOf } from '../state/part';
import { placeAt, placesFrom } from '../state/paths';
import { writtenView } from '../state/written-view';

export const textOfView = (view: View): string => stringify(writtenView(view), { lineWidth: 0 });

const pathsIn = (plain: unknown): string[] => {
  const { include } = (plain ?? {}) as { include?: unknown };
  if (!Array.isArray(include)) return [];
  return include.flatMap((part: unknown) =>
    typeof part === 'object' && part !== null && 'path' in part ? [String(part.path)] : [],
  );
};

export function shapeOfView(
  written: string,
  models: readonly Model[],
  base: Pick<View, 'name' | 'version'>,
): Shape {
  const paths = pathsIn(plainIn(written));
  const root = paths[0]?.split('.')[0] ?? '';
  const places = placesFrom(root, models);
  const ways = [
    ...new Set([...models.map((model) => model.name), ...places.map(({ path }) => path)]),
  ];
  const members = [
    ...new Set(
      paths.flatMap((path) => {
        const place = placeAt(path, models);
        return place === null ? [] : offersOf(place.model).map((offer) => offer.name);
      }),
    ),
  ];
  // Further ways than those that are offered may be right, and then the names of their members are known to the server.
  const known = paths.length > 0 && paths.every((path) => placeAt(path, models) !== null);
  const member = name('member', members, known);
  return map(
    'a view',
    {
      name: (base.version ?? 0) === 0 ? text : name('name', [base.name]),
      label: text,
      description: text,
      include: list(
        map(
          'a part of a view',
          {
            path: name('path', ways, false),
            members: {
              is: 'either',
              of: [
                name('choice', ['*']),
                list({
                  is: 'either',
                  of: [
                    member,
                    map('a member', { name: member, alias: text, label: text }, ['name']),
                  ],
                }),
              ],
            },
            except: list(member),
            prefix: { is: 'flag' },
            alias: text,
          },
          ['path', 'members'],
        ),
      ),
    },
    ['name', 'label', 'include'],
  );
}

export interface ReadView {
  /** null while the text is no view. */
  view: View | null;
  wrong: Wrong[];
}

/** `version` is not part of the text: it is that of what was read. */
export function readView(
  written: string,
  models: readonly Model[],
  base: Pick<View, 'name' | 'version'>,
): ReadView {
  const { plain, wrong } = readYaml(written, shapeOfView(written, models, base));
  if (plain === null) return { view: null, wrong };
  const view = plain as View;
  return {
    // Keys that are there with nothing behind them say as much as if they were not.
    view: {
      ...view,
      name: view.name ?? '',
      label: view.label ?? '',
      include: (view.include ?? []).map((part) => ({
        ...part,
        path: part.path ?? '',
        members: part.members ?? [],
      })),
      version: base.version ?? 0,
    },
    wrong,
  };
}
