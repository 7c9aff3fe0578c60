// The values of a dimension as a list that is read on: the first page at once, the next when somebody wants more. What is asked
// otherwise meanwhile is taken back, and the old list stays until the new one is here.
import { useCallback, useEffect, useRef, useState } from 'react';
import { toProblem } from './problem';
import type { Cell, Problem } from './types';
import { useLazyListValuesQuery } from './values-api';
import type { ValuesAsked } from './values-api';

export interface ValueList {
  values: readonly Cell[];
  more: boolean;
  /** A page is on its way. */
  pending: boolean;
  problem: Problem | null;
  /** What is listed is what is asked now. */
  current: boolean;
  /** Asks for the next page; where the last could not be read, for that one again. */
  readOn: () => void;
}

interface Read {
  key: string;
  values: readonly Cell[];
  more: boolean;
  problem: Problem | null;
}

const nothing: readonly Cell[] = [];

export function useValues(asked: ValuesAsked | null): ValueList {
  const [trigger] = useLazyListValuesQuery();
  const [read, setRead] = useState<Read | null>(null);
  const [reading, setReading] = useState(false);
  const request = useRef<{ abort: () => void } | null>(null);
  // The key of what was read without a problem, for the effect that asks: with the list itself it would ask after every page.
  const known = useRef<string | null>(null);
  const key = asked === null ? null : JSON.stringify(asked);
  const current = read !== null && read.key === key;
  const listed = read?.values ?? nothing;

  const ask = useCallback(
    (ofKey: string, before: readonly Cell[]): void => {
      const wanted = JSON.parse(ofKey) as ValuesAsked;
      const answered = trigger({ ...wanted, offset: before.length }, true);
      const sent = { abort: () => answered.abort() };
      request.current = sent;
      void answered.then(({ data, error }) => {
        if (request.current !== sent) return;
        request.current = null;
        setReading(false);
        known.current = data ? ofKey : null;
        if (data) {
          const values = [...before, ...data.values];
          setRead({ key: ofKey, values, more: data.more, problem: null });
        } else {
          // What is listed stays, and can be read on.
          const more = before.length > 0;
          setRead({ key: ofKey, values: before, more, problem: toProblem(error) });
        }
      });
    },
    [trigger],
  );

  useEffect(() => {
    if (key === null) return;
    // What was asked otherwise meanwhile and taken back before its answer is still listed, with all of its pages.
    const isKnown = known.current === key;
    // Not at once: in development everything is mounted twice, and the second would be told that the first was taken back.
    const timer = isKnown ? undefined : setTimeout(() => ask(key, nothing));
    return () => {
      clearTimeout(timer);
      request.current?.abort();
      request.current = null;
      setReading(false);
    };
  }, [key, ask]);

  return {
    values: listed,
    more: current && read.more,
    pending: key !== null && (reading || !current),
    problem: current ? read.problem : null,
    current,
    readOn: () => {
      if (key === null || !current || request.current !== null) return;
      setReading(true);
      ask(key, listed);
    },
  };
}
