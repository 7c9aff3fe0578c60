// The history of whoever is signed in.
import { useCallback, useState } from 'react';
import { useSession } from '@/api/session-slice';
import { historyKey, keepHistory, readHistory, withRun } from './statement-history';
import type { PastStatement } from './statement-history';

export interface HistoryControls {
  history: PastStatement[];
  add: (run: PastStatement) => void;
  clear: () => void;
}

export function useHistory(): HistoryControls {
  const { tenant, user } = useSession();
  const key = historyKey(`${tenant?.id ?? ''}:${user?.id ?? ''}`);
  const [history, setHistory] = useState(() => readHistory(localStorage, key));
  const add = useCallback(
    (run: PastStatement) => {
      // Another tab may have added to it.
      const next = withRun(readHistory(localStorage, key), run);
      keepHistory(localStorage, key, next);
      setHistory(next);
    },
    [key],
  );
  const clear = useCallback(() => {
    keepHistory(localStorage, key, []);
    setHistory([]);
  }, [key]);
  return { history, add, clear };
}
