// A model as YAML and back, with what is wrong in the text and where. Pure.
import { stringify } from 'yaml';
import type { Model } from '@/api/types';
import { writtenModel } from '../state/written';
import { modelShape } from './shape';
import type { Shape, Words } from './shape';
import { plainIn, readYaml } from './yaml-text';
import type { Wrong } from './yaml-text';

export interface ReadText {
  /** null while the text is no model. */
  model: Model | null;
  wrong: Wrong[];
}

/** Long expressions stay in one line, so that lines are those of the model. */
export const textOf = (model: Model): string => stringify(writtenModel(model), { lineWidth: 0 });

const namesIn = (list: unknown): string[] =>
  Array.isArray(list)
    ? list.flatMap((entry: unknown) =>
        typeof entry === 'object' && entry !== null && 'name' in entry ? [String(entry.name)] : [],
      )
    : [];

/** The shape of the model that the text has by now. */
export function shapeOfText(text: string, words: Words, name: string): Shape {
  const { dimensions, measures } = (plainIn(text) ?? {}) as Record<string, unknown>;
  return modelShape(words, {
    name,
    dimensions: namesIn(dimensions),
    measures: namesIn(measures),
  });
}

/** `version` is not part of the text: it is that of what was read. */
export function readText(
  text: string,
  words: Words,
  base: Pick<Model, 'name' | 'version'>,
): ReadText {
  const { plain, wrong } = readYaml(text, shapeOfText(text, words, base.name));
  if (plain === null) return { model: null, wrong };
  const model = plain as Model;
  return {
    model: { ...model, time_dimension: model.time_dimension ?? null, version: base.version },
    wrong,
  };
}
