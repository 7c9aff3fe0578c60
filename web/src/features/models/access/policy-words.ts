// What an access policy does, in a sentence: "Viewers see rows where Country is their country; margin is hidden". Pure.
import type { AccessPolicy, AttributeCondition, Cell, Filter, Model } from '@/api/types';
import { filterText } from '@/lib/filter-words';
import { isMemberFilter } from '@/lib/members';

/** Every part of a policy, those that are not there as none; without a list of columns all are there (null). Text that is half typed has nothing where a list will be. */
export function partsOf(policy: AccessPolicy) {
  const { when, rows, columns, hidden, masked } = policy;
  return {
    when: when ?? [],
    rows: rows ?? [],
    columns: columns ?? null,
    hidden: hidden ?? [],
    masked: masked ?? [],
  };
}

/** `{user.country}`: all values that whoever asks has of that attribute. */
const placeholder = /^\{user\.([a-z0-9_]+)\}$/;

export const ofUser = (attribute: string): string => `{user.${attribute}}`;

export const attributeIn = (value: Cell): string | null =>
  typeof value === 'string' ? (placeholder.exec(value)?.[1] ?? null) : null;

const plain = (name: string): string => name.replaceAll('_', ' ');

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[], last = 'and'): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

/** Long lists of values say how many more there are. */
function valuesText(values: readonly string[]): string {
  if (values.length <= 3) return listed(values, 'or');
  return `${values.slice(0, 2).join(', ')} or one of ${values.length - 2} others`;
}

function said(filter: Filter): Filter {
  if (!isMemberFilter(filter))
    return 'or' in filter ? { or: filter.or.map(said) } : { and: filter.and.map(said) };
  if (!filter.values) return filter;
  const values = filter.values.map((value): Cell => {
    const attribute = attributeIn(value);
    return attribute === null ? value : `their ${plain(attribute)}`;
  });
  return { ...filter, values };
}

/** A condition on rows, with attributes in words: "Country is their country". */
export const rowsText = (filter: Filter, models: readonly Model[]): string =>
  filterText(said(filter), models);

function conditionText({ attribute, values }: AttributeCondition): string {
  const is = !values?.length ? 'is not chosen yet' : `is ${valuesText(values)}`;
  return `whose ${plain(attribute || 'attribute')} ${is}`;
}

const plural = (role: string): string => `${role}s`;

function who(when: readonly AttributeCondition[]): string {
  const [role, ...more] = when.filter(({ attribute }) => attribute === 'role');
  const rest = [...when.filter(({ attribute }) => attribute !== 'role'), ...more];
  const roles = role && role.values?.length ? listed(role.values.map(plural)) : null;
  const people = roles === null ? 'people' : roles;
  const named = people.charAt(0).toUpperCase() + people.slice(1);
  if (when.length === 0) return 'Everybody';
  if (rest.length === 0 && roles !== null) return named;
  return `${named} ${listed(rest.map(conditionText))}`;
}

/** Those that are masked are there too, and are told apart. */
function visible(columns: readonly string[] | null, hasMasked: boolean): string[] {
  if (columns === null) return [];
  const named = columns.filter(Boolean);
  if (named.length === 0)
    return [hasMasked ? 'only masked columns are there' : 'no column is visible'];
  return [`only ${listed(named)} ${named.length === 1 ? 'is' : 'are'} visible`];
}

export function policyText(policy: AccessPolicy, model: Model): string {
  const { when, rows, columns, hidden, masked } = partsOf(policy);
  const sees = when.length === 0 ? 'sees' : 'see';
  const models = [{ ...model, measures: [] }];
  const seen =
    rows.length === 0
      ? 'all rows'
      : `rows where ${listed(rows.map((filter) => rowsText(filter, models)))}`;
  const empty = masked.filter(({ expression }) => !expression).map(({ column }) => column);
  const are = (columns: readonly string[], what: string): string[] => {
    const named = columns.filter(Boolean);
    return named.length === 0
      ? []
      : [`${listed(named)} ${named.length === 1 ? 'is' : 'are'} ${what}`];
  };
  return [
    `${who(when)} ${sees} ${seen}`,
    ...visible(columns, masked.length > 0),
    ...are(hidden, 'hidden'),
    ...are(empty, 'masked'),
    ...masked.flatMap(({ column, expression }) =>
      expression ? are([column], `shown as ${expression.trim()}`) : [],
    ),
  ].join('; ');
}

/** Attributes that a model's own policies ask for. */
export function attributesAsked(policies: readonly AccessPolicy[]): string[] {
  const inFilter = (filter: Filter): string[] =>
    isMemberFilter(filter)
      ? (filter.values ?? []).flatMap((value) => attributeIn(value) ?? [])
      : ('or' in filter ? filter.or : filter.and).flatMap(inFilter);
  return policies.flatMap((policy) => {
    const { when, rows } = partsOf(policy);
    return [...when.map(({ attribute }) => attribute).filter(Boolean), ...rows.flatMap(inFilter)];
  });
}
