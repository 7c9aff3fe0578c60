// Attributes of a person as rows that are typed, and back: what policies of access ask about them. Pure.
import type { Attributes } from '@/api/types';

export interface AttributeRow {
  /** Tells rows apart while their names are typed. */
  key: number;
  name: string;
  values: readonly string[];
}

export interface RowProblems {
  name?: string;
  values?: string;
}

export const MOST_ATTRIBUTES = 50;
export const MOST_VALUES = 1_000;
export const LONGEST_VALUE = 256;

/** Set by the server, from the account itself. */
const reserved = ['id', 'email', 'role'];
const nameForm = /^[a-z0-9_]{1,64}$/;

export const rowsOf = (attributes: Attributes): AttributeRow[] =>
  Object.entries(attributes).map(([name, values], key) => ({ key, name, values }));

export const attributesOf = (rows: readonly AttributeRow[]): Attributes =>
  Object.fromEntries(rows.map(({ name, values }) => [name, [...values]]));

export const freshRow = (rows: readonly AttributeRow[]): AttributeRow => ({
  key: Math.max(-1, ...rows.map(({ key }) => key)) + 1,
  name: '',
  values: [],
});

function nameProblem(name: string, others: readonly string[]): string | undefined {
  if (name === '') return 'Enter a name';
  if (reserved.includes(name)) return `${name} is known of everybody already`;
  if (!nameForm.test(name)) return 'Use up to 64 of a–z, 0–9 and _';
  if (others.includes(name)) return 'This name stands twice';
  return undefined;
}

function valuesProblem(values: readonly string[]): string | undefined {
  if (values.length === 0) return 'Enter a value';
  if (values.length > MOST_VALUES) return `There are ${values.length}; 1,000 are the most`;
  const long = values.find((value) => value.length > LONGEST_VALUE);
  return long === undefined ? undefined : `“${long.slice(0, 20)}…” has more than 256 characters`;
}

/** What is wrong with each row, by its key; empty where nothing is. */
export function problemsOf(rows: readonly AttributeRow[]): Map<number, RowProblems> {
  const found = new Map<number, RowProblems>();
  for (const row of rows) {
    const others = rows.filter(({ key }) => key !== row.key).map(({ name }) => name);
    const name = nameProblem(row.name, others);
    const values = valuesProblem(row.values);
    if (name === undefined && values === undefined) continue;
    found.set(row.key, {
      ...(name === undefined ? {} : { name }),
      ...(values === undefined ? {} : { values }),
    });
  }
  return found;
}

/** Names that anybody has, so that one thing is called one way. */
export const namesIn = (people: readonly { attributes: Attributes }[]): string[] =>
  [...new Set(people.flatMap(({ attributes }) => Object.keys(attributes)))].sort();
