// The state of the page lives in the address. Every edit is a step in the browser's history, so Back undoes it.
import { useCallback, useMemo } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { Model } from '@/api/types';
import { widened } from '@/lib/joins';
import { tidy } from './explore-state';
import type { ExploreState } from './explore-state';
import { fit, timeOf } from './fit';
import type { Fitted } from './fit';
import { readState, searchOf, writeState } from './url-state';

export interface ExploreControls extends Fitted {
  change: (edit: (state: ExploreState) => ExploreState) => void;
}

export function useExploreState(models: readonly Model[]): ExploreControls {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const known = useMemo(() => models.map((model) => widened(model, models)), [models]);
  const fitted = useMemo((): Fitted => {
    const read = readState(params);
    const found = fit(read.state, known);
    return { ...found, complaints: [...read.complaints, ...found.complaints] };
  }, [params, known]);
  const { state, model } = fitted;
  const change = useCallback(
    (edit: (state: ExploreState) => ExploreState) => {
      const edited = edit(state);
      const own = model?.name === edited.model ? model : null;
      const next = own ? tidy(edited, timeOf(edited, own)) : edited;
      void navigate({ search: searchOf(writeState(next)) }, { preventScrollReset: true });
    },
    [state, model, navigate],
  );
  return { ...fitted, change };
}
