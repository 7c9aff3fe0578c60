// What the editor offers: datasets and views, their columns after a dot or where a statement mentions them, what their models
// have, and functions. Inside of `measure(` there is nothing but measures.
import type {
  Completion,
  CompletionContext,
  CompletionResult,
  CompletionSource,
} from '@codemirror/autocomplete';
import type { SQLNamespace } from '@codemirror/lang-sql';
import type { DatasetColumn } from '@/api/types';
import { formatCount } from '@/lib/format';
import { measureCall } from '../model-names';
import { quotedName } from '../quoted-name';
import { mentioned, tableNames } from '../use-schema';
import type { Schema } from '../use-schema';
import { functionNames } from './dialect';
import { selectAt } from './select-at';
import type { SelectAt } from './select-at';

const columnCompletion = ({ name, type }: DatasetColumn): Completion => ({
  label: name,
  apply: quotedName(name),
  type: 'property',
  detail: type,
});

const memberCompletion = ({ name, label }: { name: string; label: string }): Completion => ({
  label: name,
  apply: quotedName(name),
  type: 'property',
  detail: label,
});

const columnsOf = ({ columns, models }: Schema, dataset: string): Completion[] => [
  ...(columns[dataset] ?? []).map(columnCompletion),
  ...(models[dataset]?.dimensions ?? []).map(memberCompletion),
  ...(models[dataset]?.filters ?? []).map(memberCompletion),
];

/** For the completion of the language itself, which knows aliases. */
export function namespaceOf(schema: Schema): SQLNamespace {
  const table = (name: string, detail: string): [string, SQLNamespace] => [
    name,
    {
      self: { label: name, apply: quotedName(name), type: 'class', detail },
      children: columnsOf(schema, name),
    },
  ];
  return Object.fromEntries([
    ...schema.datasets.map(({ name, rows }) => table(name, formatCount(rows, 'row'))),
    ...schema.views.map((name) => table(name, 'view')),
  ]);
}

const functionCompletions: Completion[] = functionNames.map((label) => ({
  label,
  type: 'function',
  apply: `${label}(`,
  boost: -1,
}));

const word = /[\p{L}_][\p{L}\p{N}_]*/u;
const stays = /^[\p{L}\p{N}_]*$/u;

/** The datasets and views that a SELECT reads; before it says so, those that have a model. */
function datasetsAt({ tables }: SelectAt, { models }: Schema): string[] {
  if (tables.length === 0) return Object.keys(models);
  return [...new Set(tables.flatMap((table) => (table ? [table.name] : [])))].filter(
    (name) => models[name] !== undefined,
  );
}

/** Where a measure may stand; over a join none can (docs/models.md). */
const takesMeasures = ({ clause, tables }: SelectAt): boolean =>
  (clause === 'select' || clause === 'having' || clause === 'order') && tables.length <= 1;

function measureCalls(at: SelectAt, schema: Schema): Completion[] {
  if (!takesMeasures(at)) return [];
  const names = datasetsAt(at, schema);
  return names.flatMap((dataset) =>
    (schema.models[dataset]?.measures ?? []).map(({ name, label }): Completion => ({
      // Found by its name, and written as what SQL asks for.
      label: name,
      displayLabel: measureCall(name, names.length > 1 ? dataset : undefined),
      apply: measureCall(name, names.length > 1 ? dataset : undefined),
      type: 'function',
      detail: label,
      boost: 1,
    })),
  );
}

/** Measures inside of `measure(`, also after the name of their dataset or its alias. */
export function measureCompletions(schema: Schema): CompletionSource {
  return (context: CompletionContext): CompletionResult | null => {
    const text = context.state.doc.toString();
    const at = selectAt(text, context.pos);
    if (!at.inMeasure) return null;
    const typed = context.matchBefore(word);
    const from = typed?.from ?? context.pos;
    const before = /([\p{L}_][\p{L}\p{N}_]*)\.$/u.exec(text.slice(0, from))?.[1]?.toLowerCase();
    const names = datasetsAt(at, schema).filter(
      (name) =>
        before === undefined ||
        name === before ||
        at.tables.some((table) => table?.name === name && table.alias === before),
    );
    const qualified = before === undefined && names.length > 1;
    const closed = text[context.pos] === ')';
    return {
      from,
      options: names.flatMap((dataset) =>
        (schema.models[dataset]?.measures ?? []).map(({ name, label }): Completion => ({
          label: qualified ? `${dataset}.${name}` : name,
          apply: `${qualified ? `${quotedName(dataset)}.` : ''}${quotedName(name)}${closed ? '' : ')'}`,
          type: 'function',
          detail: label,
        })),
      ),
      validFor: stays,
    };
  };
}

/** What is offered anywhere else: there, columns and keywords would only be in the way. */
export const outsideMeasure =
  (source: CompletionSource): CompletionSource =>
  (context) =>
    selectAt(context.state.doc.toString(), context.pos).inMeasure ? null : source(context);

/** Columns of all datasets that the statement mentions, without a dot before them; measures; and functions. */
export function plainCompletions(schema: Schema) {
  return (context: CompletionContext): CompletionResult | null => {
    const typed = context.matchBefore(word);
    if (typed === null && !context.explicit) return null;
    const from = typed?.from ?? context.pos;
    if (context.state.sliceDoc(Math.max(0, from - 1), from).match(/[."']/)) return null;
    const text = context.state.doc.toString();
    const names = mentioned(text, tableNames(schema));
    const found = new Map<string, Completion>();
    for (const name of names)
      for (const column of columnsOf(schema, name))
        if (!found.has(column.label)) found.set(column.label, column);
    return {
      from,
      options: [
        ...found.values(),
        ...measureCalls(selectAt(text, context.pos), schema),
        ...functionCompletions,
      ],
      validFor: stays,
    };
  };
}
