// How the file is written, where the server should not take what is usual: quotes, escapes, comments,
// what means "no value". The file is looked at once more then.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { useInferUploadMutation } from '@/api/loads-api';
import { toProblem } from '@/api/problem';
import type { ReadOptions, Upload } from '@/api/types';
import { announce } from '@/components/announcer';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { draftOf, hasTexts, isDelimited, optionsOf } from './reading';
import type { ReadingDraft } from './reading';

interface Props {
  upload: Upload;
  options: ReadOptions;
  onReread: (upload: Upload, options: ReadOptions) => void;
}

const shrunk = { inputLabel: { shrink: true }, input: { notched: true } };

export function ReadingFields({ upload, options, onReread }: Props) {
  const [draft, setDraft] = useState<ReadingDraft>(() => draftOf(options));
  const [infer, inferring] = useInferUploadMutation();
  if (!hasTexts(upload.inference)) return null;
  const change = (part: Partial<ReadingDraft>) => setDraft({ ...draft, ...part });
  const said = optionsOf(draft);
  const same = JSON.stringify(said) === JSON.stringify(optionsOf(draftOf(options)));
  const reread = async () => {
    const result = await infer({ id: upload.upload_id, options: said });
    if (result.error) return;
    onReread(result.data, said);
    announce('The file was read again');
  };
  return (
    <SectionCard title="How the file is written" lead="Change it where the first rows look wrong">
      <Box
        sx={{
          display: 'grid',
          gap: 4,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', sm: 'repeat(2, minmax(0, 1fr))' },
          pt: 1,
        }}
      >
        {isDelimited(upload.inference) && (
          <>
            <TextField
              select
              label="Quotes around values"
              value={draft.quote}
              onChange={(event) => change({ quote: event.target.value as ReadingDraft['quote'] })}
              slotProps={shrunk}
            >
              <MenuItem value="double">Double quotes</MenuItem>
              <MenuItem value="single">Single quotes</MenuItem>
              <MenuItem value="none">None, every quote is text</MenuItem>
            </TextField>
            <TextField
              select
              label="Escape within quotes"
              value={draft.quote === 'none' ? 'none' : draft.escape}
              disabled={draft.quote === 'none'}
              onChange={(event) => change({ escape: event.target.value as ReadingDraft['escape'] })}
              slotProps={shrunk}
            >
              <MenuItem value="none">Doubled quotes alone</MenuItem>
              <MenuItem value="backslash">Backslash, and doubled quotes</MenuItem>
            </TextField>
            <TextField
              label="Comments begin with"
              value={draft.comment}
              onChange={(event) => change({ comment: event.target.value.trim().slice(0, 1) })}
              helperText="Lines that begin so are no rows. Empty for none."
              slotProps={shrunk}
            />
          </>
        )}
        <TextField
          label="Read as missing"
          value={draft.nullTokens}
          onChange={(event) => change({ nullTokens: event.target.value })}
          helperText="Separated by commas, in the place of the usual ones, such as NA and NULL"
          slotProps={shrunk}
        />
      </Box>
      {inferring.error && <ProblemNotice problem={toProblem(inferring.error)} />}
      <Box sx={{ display: 'flex', justifyContent: 'flex-end', pt: 3 }}>
        <Button onClick={() => void reread()} loading={inferring.isLoading} disabled={same}>
          Read again
        </Button>
      </Box>
    </SectionCard>
  );
}
