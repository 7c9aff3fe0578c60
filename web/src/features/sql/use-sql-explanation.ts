// What running the statement as it stands would cost. Once it is changed, what was said is gone, also where the change is
// taken back, and what is awaited is taken back.
import { useCallback, useEffect, useRef, useState } from 'react';
import { useLazyExplainQueryQuery } from '@/api/explain-api';
import { toProblem } from '@/api/problem';
import { sqlKey } from '@/api/sql-api';
import type { AsOf, Explanation, Problem, SqlQuery } from '@/api/types';

export type ToldOfStatement = { sql: string } & (
  { explanation: Explanation; problem: null } | { explanation: null; problem: Problem }
);

export interface SqlExplanation {
  running: boolean;
  /** Of the statement as it stands. */
  told: ToldOfStatement | null;
  explain: () => void;
  cancel: () => void;
  close: () => void;
}

interface Sent {
  key: string;
  abort: () => void;
}

export function useSqlExplanation(sql: string, asOf: AsOf | null): SqlExplanation {
  const [trigger] = useLazyExplainQueryQuery();
  const request = useRef<Sent | null>(null);
  const [awaited, setAwaited] = useState<Sent | null>(null);
  const [answer, setAnswer] = useState<{ key: string; told: ToldOfStatement } | null>(null);
  // How many rows are handed out changes nothing in what is read.
  const statement: SqlQuery = asOf === null ? { sql } : { sql, asOf };
  const key = sqlKey(statement);

  const cancel = useCallback(() => {
    request.current?.abort();
    request.current = null;
  }, []);
  const close = useCallback(() => {
    cancel();
    setAnswer(null);
  }, [cancel]);
  useEffect(() => close, [key, close]);

  const explain = (): void => {
    if (request.current !== null) return;
    const answered = trigger(statement);
    const sent: Sent = { key, abort: () => answered.abort() };
    request.current = sent;
    setAwaited(sent);
    void answered.then(({ data, error, isError }) => {
      setAwaited((now) => (now === sent ? null : now));
      // Taken back: nobody awaits it.
      if (request.current !== sent) return;
      request.current = null;
      if (isError) setAnswer({ key, told: { sql, explanation: null, problem: toProblem(error) } });
      else if (data) setAnswer({ key, told: { sql, explanation: data, problem: null } });
    });
  };
  return {
    running: awaited?.key === key,
    told: answer?.key === key ? answer.told : null,
    explain,
    cancel,
    close,
  };
}
