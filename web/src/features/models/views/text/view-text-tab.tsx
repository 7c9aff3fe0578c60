// The view as text.
import { useMemo } from 'react';
import type { Model } from '@/api/types';
import { TextPane } from '../../text/text-pane';
import { wrongPlaces } from '../../text/yaml-text';
import type { ViewDraft } from '../state/use-view-draft';
import { readView, shapeOfView, textOfView } from './view-text';

export interface ViewTextTabProps {
  draft: ViewDraft;
  models: readonly Model[];
  readOnly: boolean;
}

export default function ViewTextTab({ draft, models, readOnly }: ViewTextTabProps) {
  const { base, value: view, typed, problem, missing, changed } = draft;
  const text = useMemo(() => typed?.text ?? textOfView(view), [typed?.text, view]);
  const wrong = useMemo(() => {
    if (readOnly) return [];
    const said = [...(changed ? missing : []), ...(problem?.errors ?? [])];
    return [...readView(text, models, base).wrong, ...wrongPlaces(text, said)];
  }, [readOnly, text, models, base, missing, problem, changed]);
  return (
    <TextPane
      label={`${base.label || 'New view'} as text`}
      text={text}
      wrong={wrong}
      readOnly={readOnly}
      shapeOf={(now) => shapeOfView(now, models, base)}
      onChange={(next) => {
        const { view: read, wrong: found } = readView(next, models, base);
        draft.type(next, found.length, read);
      }}
    />
  );
}
