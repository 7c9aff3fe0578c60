// What a rollup may keep, what it is in words, and what the advisor would have kept beside those of the model. Pure.
import type { Advice, Model, ModelMeasure, Rollup } from '@/api/types';
import { takes } from './measure-kinds';

/** Kinds that are computed from rows, and whose state merges: all others are computed from what is kept of those. */
export const isKept = ({ kind }: ModelMeasure): boolean =>
  takes(kind, 'source') && kind !== 'first' && kind !== 'last' && kind !== 'balance';

/** "Flights by Carrier, Origin and day of Departure". */
export function rollupWords(rollup: Rollup, model: Model): string {
  const labelled = (among: readonly { name: string; label: string }[], name: string): string =>
    among.find((entry) => entry.name === name)?.label || name;
  const measures = rollup.measures.map((name) => labelled(model.measures, name));
  const groups = (rollup.dimensions ?? []).map((name) => labelled(model.dimensions, name));
  if (rollup.time_dimension && rollup.granularity)
    groups.push(`${rollup.granularity} of ${labelled(model.dimensions, rollup.time_dimension)}`);
  const by = groups.length === 0 ? 'in all' : `by ${groups.join(', ')}`;
  return measures.length === 0 ? 'Keeps nothing yet' : `${measures.join(', ')} ${by}`;
}

/** The same rollup under any name. */
const contentOf = ({ measures, dimensions, time_dimension, granularity }: Rollup): string =>
  JSON.stringify([
    [...measures].sort(),
    [...(dimensions ?? [])].sort(),
    time_dimension ?? null,
    granularity ?? null,
  ]);

const open: readonly Advice['state'][] = ['suggested', 'kept', 'pinned'];

/** What the advisor keeps or would keep and the model does not. */
export function adviceBeside(model: Model, advice: readonly Advice[]): Advice[] {
  const own = new Set((model.rollups ?? []).map(contentOf));
  return advice.filter(({ state, rollup }) => open.includes(state) && !own.has(contentOf(rollup)));
}

/** An advised rollup as one of the model, under a name that people read: `advised_hour_carrier_0a1b2c3d` is `hour_carrier`. */
export function declared(advised: Rollup, all: readonly Rollup[]): Rollup {
  const plain = advised.name.replace(/^advised_/, '').replace(/_?[0-9a-f]{8}$/, '') || 'all_rows';
  const taken = (name: string): boolean => all.some((entry) => entry.name === name);
  let name = plain;
  for (let count = 2; taken(name); count += 1) name = `${plain}_${count}`;
  return { ...advised, name };
}
