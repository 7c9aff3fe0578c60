// The model as text.
import { useMemo } from 'react';
import { useAttributeNames } from '../access/use-attribute-names';
import type { ModelDraft } from '../state/use-model-draft';
import { readText, shapeOfText, textOf } from './model-text';
import type { Words } from './shape';
import { TextPane } from './text-pane';
import { wrongPlaces } from './yaml-text';

export interface TextTabProps {
  draft: ModelDraft;
  words: Words;
  readOnly: boolean;
}

export default function TextTab({ draft, words: known, readOnly }: TextTabProps) {
  const { base, value: model, typed, problem, missing } = draft;
  const attributes = useAttributeNames(model.access_policies);
  const words = useMemo((): Words => ({ ...known, attributes }), [known, attributes]);
  const text = useMemo(() => typed?.text ?? textOf(model), [typed?.text, model]);
  const wrong = useMemo(() => {
    if (readOnly) return [];
    const { wrong: read } = readText(text, words, base);
    return [...read, ...wrongPlaces(text, [...missing, ...(problem?.errors ?? [])])];
  }, [readOnly, text, words, base, missing, problem]);
  const change = (next: string): void => {
    const { model: read, wrong: found } = readText(next, words, base);
    draft.type(next, found.length, read);
  };
  return (
    <TextPane
      label={`${base.label} as text`}
      text={text}
      wrong={wrong}
      readOnly={readOnly}
      shapeOf={(now) => shapeOfText(now, words, base.name)}
      onChange={change}
    />
  );
}
