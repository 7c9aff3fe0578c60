// What is wrong with a question at its places on the page. Most questions are answered, so that the rest is fetched when one is not.
import { useEffect, useState } from 'react';
import type { Problem, SemanticQuery } from '@/api/types';
import type { PlacedProblems } from './field-places';

interface Placed {
  problem: Problem;
  query: SemanticQuery | null;
  places: PlacedProblems;
}

const nowhere: PlacedProblems = { at: () => undefined, elsewhere: [], any: false };

export function usePlacedProblems(
  problem: Problem | null,
  query: SemanticQuery | null,
): PlacedProblems {
  const [placed, setPlaced] = useState<Placed | null>(null);
  useEffect(() => {
    if (problem === null) return;
    let stale = false;
    import('./field-places')
      .then(({ placeProblems }) => {
        if (!stale) setPlaced({ problem, query, places: placeProblems(problem, query) });
      })
      // Without it the problem is told as a whole.
      .catch(() => undefined);
    return () => {
      stale = true;
    };
  }, [problem, query]);
  return placed?.problem === problem && placed?.query === query ? placed.places : nowhere;
}
