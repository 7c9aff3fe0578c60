// A result that a handle points to; listened to, it is kept.
import { useCallback, useSyncExternalStore } from 'react';
import { resultStore } from './result-store';
import type { StoredResult } from './result-store';

const nothing = (): void => undefined;

export function useStoredResult(key: string | null | undefined): StoredResult | null {
  const subscribe = useCallback(
    (listener: () => void) => (key == null ? nothing : resultStore.subscribe(key, listener)),
    [key],
  );
  return (
    useSyncExternalStore(subscribe, () => (key == null ? undefined : resultStore.get(key))) ?? null
  );
}
