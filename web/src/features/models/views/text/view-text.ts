// A view as YAML and back: which keys there are, and what their values may be of. Pure.
import { stringify } from 'yaml';
import type { Folder, Model, View, ViewInclude } from '@/api/types';
import { list, map, name, text } from '../../text/shape';
import type { Shape } from '../../text/shape';
import { plainIn, readYaml } from '../../text/yaml-text';
import type { Wrong } from '../../text/yaml-text';
import { formats } from '../../state/vocabulary';
import { offersOf, seenIn } from '../state/part';
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

const isPart = (part: unknown): part is ViewInclude => {
  const { path, members, except } = (part ?? {}) as Partial<Record<keyof ViewInclude, unknown>>;
  const isMember = (member: unknown): boolean =>
    typeof member === 'string' || (typeof member === 'object' && member !== null);
  const isWhole = Array.isArray(members) ? members.every(isMember) : members === '*';
  return typeof path === 'string' && isWhole && (except == null || Array.isArray(except));
};

/** What the members are called that the text has by now. */
function namesIn(plain: unknown, models: readonly Model[]): string[] {
  const { include } = (plain ?? {}) as { include?: unknown };
  const parts = Array.isArray(include) ? include.filter(isPart) : [];
  const seen = seenIn({ name: '', label: '', include: parts }, models);
  return [...new Set(seen.map((entry) => entry.name))];
}

export function shapeOfView(
  written: string,
  models: readonly Model[],
  base: Pick<View, 'name' | 'version'>,
): Shape {
  const plain = plainIn(written);
  const paths = pathsIn(plain);
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
  const inner: Extract<Shape, { is: 'map' }> = {
    is: 'map',
    what: 'a folder',
    needs: [],
    keys: { name: text, path: name('path', paths) },
  };
  const includes: Shape = {
    is: 'either',
    of: [
      name('choice', ['*']),
      list({ is: 'either', of: [name('member', namesIn(plain, models), known), inner] }),
    ],
  };
  inner.keys.includes = includes;
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
                    map(
                      'a member',
                      {
                        name: member,
                        alias: text,
                        label: text,
                        description: text,
                        format: name('format', formats, false),
                        meta: { is: 'any' },
                      },
                      ['name'],
                    ),
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
      folders: list(map('a folder', { name: text, includes }, ['name', 'includes'])),
    },
    ['name', 'label', 'include'],
  );
}

/** A folder in which nothing is missing that a key or an item is there for. */
const whole = (folder: Folder): Folder => {
  const { name: called, includes } = folder as Partial<Folder>;
  const items = includes === '*' ? [] : (includes ?? []).filter(Boolean);
  return {
    name: called ?? '',
    includes:
      includes === '*'
        ? '*'
        : items.map((item) => (typeof item !== 'object' || 'path' in item ? item : whole(item))),
  };
};

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
      ...('folders' in view ? { folders: (view.folders ?? []).filter(Boolean).map(whole) } : {}),
      version: base.version ?? 0,
    },
    wrong,
  };
}
