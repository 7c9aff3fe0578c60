// The model as text, and below it what is wrong, line by line.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useMemo, useRef } from 'react';
import { useAttributeNames } from '../access/use-attribute-names';
import type { ModelDraft } from '../state/use-model-draft';
import { readText, shapeOfText, textOf, wrongPlaces } from './model-text';
import type { Words } from './shape';
import YamlEditor from './yaml-editor';
import type { YamlEditorHandle } from './yaml-editor';

export interface TextTabProps {
  draft: ModelDraft;
  words: Words;
  readOnly: boolean;
}

export default function TextTab({ draft, words: known, readOnly }: TextTabProps) {
  const { base, model, typed, problem, missing } = draft;
  const attributes = useAttributeNames(model.access_policies);
  const words = useMemo((): Words => ({ ...known, attributes }), [known, attributes]);
  const editor = useRef<YamlEditorHandle>(null);
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
    <Box sx={{ display: 'grid', gap: 3 }}>
      <Box
        sx={{
          height: { xs: '60dvh', md: 'calc(100dvh - 320px)' },
          minHeight: 280,
          border: 1,
          borderColor: wrong.length > 0 ? 'error.main' : 'divider',
          borderRadius: 1,
          overflow: 'hidden',
          '&:focus-within': { borderColor: 'primary.main' },
        }}
      >
        <YamlEditor
          ref={editor}
          label={`${base.label} as text`}
          value={text}
          readOnly={readOnly}
          wrong={wrong}
          shapeOf={(now) => shapeOfText(now, words, base.name)}
          onChange={change}
        />
      </Box>
      <Box role="status" sx={{ minHeight: 24 }}>
        {wrong.length > 0 && (
          <Box component="ul" aria-label="What is wrong" sx={{ listStyle: 'none', m: 0, p: 0 }}>
            {wrong.slice(0, 20).map(({ from, line, message }) => (
              <li key={`${from} ${message}`}>
                <Button
                  size="small"
                  variant="text"
                  color="error"
                  onClick={() => editor.current?.go(from)}
                  sx={{ textAlign: 'left', fontWeight: 400 }}
                >
                  Line {line}: {message}
                </Button>
              </li>
            ))}
          </Box>
        )}
      </Box>
    </Box>
  );
}
