// The absolute range of the dashboard, read from whichever card has answered: the control shows what
// the server did, not what the client believes.
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { queryKey } from '@/api/query-key';
import { resultStore } from '@/api/result-store';
import type { DashboardDefinition, Model } from '@/api/types';
import { timeMemberOf, viewQuery } from './view-query';
import type { DashboardView } from './view-query';

export function useKnownRange(
  definition: DashboardDefinition,
  view: DashboardView,
  models: readonly Model[],
): { from: string; to: string } | null {
  const keys = useMemo(
    () =>
      definition.widgets
        .filter((widget) => timeMemberOf(definition, widget.query, models) !== null)
        .map((widget) => queryKey(viewQuery(widget, definition, view, models))),
    [definition, view, models],
  );
  const subscribe = useCallback(
    (listener: () => void) => {
      const leave = keys.map((key) => resultStore.subscribe(key, listener));
      return () => leave.forEach((stop) => stop());
    },
    [keys],
  );
  // A string, so that an equal range is the same snapshot.
  const text = useSyncExternalStore(subscribe, () => {
    for (const key of keys) {
      const range = resultStore.get(key)?.result.provenance.time_range;
      if (range) return `${range.from}|${range.to}`;
    }
    return '';
  });
  return useMemo(() => {
    const [from, to] = text.split('|');
    return from && to ? { from, to } : null;
  }, [text]);
}
