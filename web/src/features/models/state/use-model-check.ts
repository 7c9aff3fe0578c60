// What the server would say of a model if it were saved now, asked once nothing has been typed for a while. What is asked of a model
// that has changed since is taken back, and what was said of another one is said no more.
import { useEffect, useState } from 'react';
import { useCheckModelMutation } from '@/api/models-api';
import type { Diagnostic, Model, Problem } from '@/api/types';

/** Longer than between two keys of who types on. */
const SETTLED_MS = 500;

interface Said {
  of: Model;
  diagnostics: readonly Diagnostic[];
}

/** As the save would be refused; null where nothing is wrong. */
export const foreseen = (diagnostics: readonly Diagnostic[]): Problem | null =>
  diagnostics.length === 0
    ? null
    : {
        type: 'about:blank',
        title: 'This cannot be saved yet',
        status: 400,
        code: 'invalid',
        // What is wrong with no part of it stands beside the form.
        errors: diagnostics.map(({ field, detail }) => ({ field: field || 'model', detail })),
      };

/** null while it is not known, and while `ask` is false: nothing has changed, or what is wrong is seen without the server. */
export function useModelCheck(name: string, model: Model, ask: boolean): Problem | null {
  const [check] = useCheckModelMutation();
  const [said, setSaid] = useState<Said | null>(null);
  useEffect(() => {
    if (!ask) return;
    let sent: { abort: () => void } | null = null;
    const timer = setTimeout(() => {
      const request = check({ name, model });
      sent = request;
      // What cannot be asked is found out by saving.
      void request.then(({ data }) => {
        if (data) setSaid({ of: model, diagnostics: data.diagnostics });
      });
    }, SETTLED_MS);
    return () => {
      clearTimeout(timer);
      sent?.abort();
    };
  }, [name, model, ask, check]);
  return ask && said?.of === model ? foreseen(said.diagnostics) : null;
}
