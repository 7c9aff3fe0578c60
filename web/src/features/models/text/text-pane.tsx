// Text in its editor, and below it what is wrong, line by line.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useRef } from 'react';
import { visuallyHidden } from '@/components/announcer';
import { formatCount } from '@/lib/format';
import type { Shape } from './shape';
import YamlEditor from './yaml-editor';
import type { YamlEditorHandle } from './yaml-editor';
import type { Wrong } from './yaml-text';

export interface TextPaneProps {
  label: string;
  text: string;
  wrong: readonly Wrong[];
  readOnly: boolean;
  shapeOf: (text: string) => Shape;
  onChange: (text: string) => void;
}

export function TextPane({ label, text, wrong, readOnly, shapeOf, onChange }: TextPaneProps) {
  const editor = useRef<YamlEditorHandle>(null);
  return (
    <Box sx={{ display: 'grid', gap: 3 }}>
      <Box
        sx={{
          // Above the bar that saves, so that the line that is written is in sight.
          height: { xs: 'calc(100dvh - 430px)', md: 'calc(100dvh - 320px)' },
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
          label={label}
          value={text}
          readOnly={readOnly}
          wrong={wrong}
          shapeOf={shapeOf}
          onChange={onChange}
        />
      </Box>
      <Box role="status" sx={visuallyHidden}>
        {wrong.length > 0 ? formatCount(wrong.length, 'fault') : ''}
      </Box>
      <Box sx={{ minHeight: 24 }}>
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
