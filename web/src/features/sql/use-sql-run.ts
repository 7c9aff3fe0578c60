// Running one statement at a time: another one takes the first back, and so does Cancel; the same once more waits for it.
import { useCallback, useEffect, useRef, useState } from 'react';
import { toProblem } from '@/api/problem';
import { resultStore } from '@/api/result-store';
import { sqlKey, useLazyRunSqlQuery } from '@/api/sql-api';
import type { Problem, SqlQuery } from '@/api/types';
import { useStoredResult } from '@/api/use-stored-result';
import type { StoredResult } from '@/api/result-store';

export interface FinishedRun {
  statement: SqlQuery;
  key: string;
  problem: Problem | null;
  requestId: string | null;
  ms: number;
}

export interface SqlRun {
  running: boolean;
  /** The latest that came to an end. */
  finished: FinishedRun | null;
  stored: StoredResult | null;
  run: (statement: SqlQuery) => void;
  cancel: () => void;
}

export function useSqlRun(onEnd: (run: FinishedRun, rows: number | null) => void): SqlRun {
  const [trigger] = useLazyRunSqlQuery();
  const request = useRef<{ key: string; abort: () => void } | null>(null);
  const [running, setRunning] = useState(false);
  const [finished, setFinished] = useState<FinishedRun | null>(null);
  const stored = useStoredResult(finished?.problem === null ? finished.key : undefined);

  const run = useCallback(
    (statement: SqlQuery) => {
      const key = sqlKey(statement);
      if (request.current?.key === key) return;
      request.current?.abort();
      const started = Date.now();
      const answered = trigger(statement);
      const sent = { key, abort: () => answered.abort() };
      request.current = sent;
      setRunning(true);
      void answered.then((answer) => {
        // Taken back for another one, which is what is awaited now.
        if (request.current !== sent) return;
        request.current = null;
        const problem = answer.isError ? toProblem(answer.error) : null;
        const ended: FinishedRun = {
          statement,
          key,
          problem,
          requestId: answer.data?.requestId ?? problem?.request_id ?? null,
          ms: Date.now() - started,
        };
        setRunning(false);
        setFinished(ended);
        const rows = problem === null ? resultStore.get(key)?.result.row_count : null;
        onEnd(ended, rows ?? null);
      });
    },
    [trigger, onEnd],
  );
  const cancel = useCallback(() => request.current?.abort(), []);
  useEffect(
    () => () => {
      request.current?.abort();
      request.current = null;
    },
    [],
  );
  return { running, finished, stored, run, cancel };
}
