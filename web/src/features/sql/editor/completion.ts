// What the editor offers: datasets, their columns after a dot or where a statement mentions them, and functions.
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { SQLNamespace } from '@codemirror/lang-sql';
import type { DatasetColumn } from '@/api/types';
import { formatCount } from '@/lib/format';
import { quotedName } from '../quoted-name';
import { mentioned } from '../use-schema';
import type { Schema } from '../use-schema';
import { functionNames } from './dialect';

const columnCompletion = ({ name, type }: DatasetColumn): Completion => ({
  label: name,
  apply: quotedName(name),
  type: 'property',
  detail: type,
});

/** For the completion of the language itself, which knows aliases. */
export function namespaceOf({ datasets, columns }: Schema): SQLNamespace {
  return Object.fromEntries(
    datasets.map(({ name, rows }) => [
      name,
      {
        self: {
          label: name,
          apply: quotedName(name),
          type: 'class',
          detail: formatCount(rows, 'row'),
        },
        children: (columns[name] ?? []).map(columnCompletion),
      },
    ]),
  );
}

const functionCompletions: Completion[] = functionNames.map((label) => ({
  label,
  type: 'function',
  apply: `${label}(`,
  boost: -1,
}));

/** Columns of all datasets that the statement mentions, without a dot before them; and functions. */
export function plainCompletions(schema: Schema) {
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\p{L}_][\p{L}\p{N}_]*/u);
    if (word === null && !context.explicit) return null;
    const from = word?.from ?? context.pos;
    if (context.state.sliceDoc(Math.max(0, from - 1), from).match(/[."']/)) return null;
    const text = context.state.doc.toString();
    const names = mentioned(
      text,
      schema.datasets.map(({ name }) => name),
    );
    const found = new Map<string, Completion>();
    for (const name of names)
      for (const column of schema.columns[name] ?? [])
        if (!found.has(column.name)) found.set(column.name, columnCompletion(column));
    return {
      from,
      options: [...found.values(), ...functionCompletions],
      validFor: /^[\p{L}\p{N}_]*$/u,
    };
  };
}
