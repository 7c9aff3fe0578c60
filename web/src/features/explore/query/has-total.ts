// Which measures have a total: not those that are counted from bucket to bucket of time, where a total has none, nor what is
// computed from them, nor a place among groups. The server leaves them out of totals by itself; a total of nothing else it
// refuses. Pure.
import type { Grain, Model, ModelMeasure } from '@/api/types';

const inputsOf = ({ measure, denominator, expression }: ModelMeasure): string[] => [
  ...[measure, denominator].filter((name) => name != null),
  ...[...(expression ?? '').matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name.trim()),
];

export function hasTotal(
  name: string,
  model: Model,
  grain: Grain | null,
  above: readonly string[] = [],
): boolean {
  const measure = model.measures.find((entry) => entry.name === name);
  if (!measure || above.includes(name)) return true;
  const { kind } = measure;
  if (kind === 'rank' || (grain === null && (kind === 'cumulative' || kind === 'rolling')))
    return false;
  return inputsOf(measure).every((input) => hasTotal(input, model, grain, [...above, name]));
}
