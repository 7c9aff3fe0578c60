// Models and views out of files: what would become of them, what is left out and what does not fit is said before anything is stored,
// and then all of it is stored or nothing.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useRef, useState } from 'react';
import type { ChangeEvent } from 'react';
import { useCheckModelFilesMutation, useStoreModelFilesMutation } from '@/api/model-files-api';
import { toProblem } from '@/api/problem';
import type { ModelFile, ModelFileOutcome, ModelFormat } from '@/api/types';
import { visuallyHidden } from '@/components/announcer';
import { Dialog } from '@/components/dialog';
import { ProblemNotice } from '@/components/problem-notice';
import { useToasts } from '@/components/toast-slice';

export interface ImportDialogProps {
  onClose: () => void;
}

const formats: readonly { value: ModelFormat; label: string }[] = [
  { value: 'cube', label: 'Cube' },
  { value: 'osi', label: 'Open Semantic Interchange' },
  { value: 'tidemill', label: 'Tidemill' },
];

interface Told {
  file?: string | null;
  line?: number | null;
}

/** `shop.yml:7: `, or nothing. */
const place = ({ file, line }: Told): string =>
  file ? `${file}${line == null ? '' : `:${line}`}: ` : '';

const become = ({ what, name, version, changed }: ModelFileOutcome): string => {
  const called = what === 'view' ? `View ${name}` : name;
  if (!changed) return `${called}: stays as it is`;
  return `${called}: ${version === 0 ? 'new' : `changes, from version ${version}`}`;
};

export default function ImportDialog({ onClose }: ImportDialogProps) {
  const [format, setFormat] = useState<ModelFormat>('cube');
  const [files, setFiles] = useState<ModelFile[]>([]);
  const [check, checked] = useCheckModelFilesMutation();
  const [store, stored] = useStoreModelFilesMutation();
  const input = useRef<HTMLInputElement>(null);
  const toasts = useToasts();
  const report = files.length > 0 && !checked.isLoading ? checked.data : undefined;
  const changed = report?.outcomes.filter((outcome) => outcome.changed) ?? [];
  const fits = report !== undefined && report.problems.length === 0;
  const problem = stored.error ?? checked.error;

  const look = (of: ModelFormat, from: ModelFile[]): void => {
    setFormat(of);
    setFiles(from);
    stored.reset();
    if (from.length > 0) void check({ format: of, files: from });
  };
  const take = async (list: FileList | null): Promise<void> => {
    const read = [...(list ?? [])].map(async (file) => ({
      name: file.name,
      text: await file.text(),
    }));
    const found = await Promise.all(read);
    if (found.length > 0) look(format, found);
  };
  const submit = async (): Promise<void> => {
    const result = await store({ format, files });
    if (result.error) return;
    const names = result.data.outcomes.filter((outcome) => outcome.changed);
    toasts.show({
      tone: 'success',
      message: `Stored ${names.map(({ name }) => name).join(', ')}`,
    });
    onClose();
  };

  return (
    <Dialog
      title="Import models"
      subtitle="Each replaces the model of its dataset; access policies stay"
      size="md"
      busy={stored.isLoading}
      onSubmit={() => {
        if (fits && changed.length > 0) void submit();
      }}
      onClose={onClose}
      {...(problem ? { problem: <ProblemNotice dense problem={toProblem(problem)} /> } : {})}
      actions={
        <Button
          type="submit"
          variant="contained"
          color="primary"
          disabled={!fits || changed.length === 0 || stored.isLoading}
        >
          Store
        </Button>
      }
    >
      <TextField
        select
        label="Files of"
        value={format}
        onChange={(event) => look(event.target.value as ModelFormat, files)}
      >
        {formats.map(({ value, label }) => (
          <MenuItem key={value} value={value}>
            {label}
          </MenuItem>
        ))}
      </TextField>
      <Box sx={{ display: 'flex', gap: 3, alignItems: 'center', flexWrap: 'wrap' }}>
        <Button onClick={() => input.current?.click()}>Choose files</Button>
        <Box component="span" sx={{ color: 'text.secondary', overflowWrap: 'anywhere' }}>
          {files.length === 0
            ? 'YAML, 1 MB at most each'
            : files.map(({ name }) => name).join(', ')}
        </Box>
        <Box
          component="input"
          ref={input}
          type="file"
          multiple
          accept=".yml,.yaml"
          aria-label="Files of models"
          tabIndex={-1}
          onChange={(event: ChangeEvent<HTMLInputElement>) => {
            void take(event.target.files);
            // The same file, corrected meanwhile, can be chosen again.
            event.target.value = '';
          }}
          sx={visuallyHidden}
        />
      </Box>
      {report && (
        <>
          <Listed
            title="What does not fit"
            items={report.problems.map(
              (one) =>
                `${place(one)}${[one.name, one.field].filter(Boolean).join(' ')}${one.name || one.field ? ': ' : ''}${one.detail}`,
            )}
          />
          <Listed title="What becomes of it" items={report.outcomes.map(become)} />
          <Listed
            title="Left out, or said in another way"
            items={report.notes.map((note) => `${place(note)}${note.path}: ${note.detail}`)}
          />
        </>
      )}
    </Dialog>
  );
}

function Listed({ title, items }: { title: string; items: readonly string[] }) {
  if (items.length === 0) return null;
  return (
    <section>
      <Box component="h2" sx={{ m: 0, mb: 1, fontSize: '0.875rem', fontWeight: 600 }}>
        {title}
      </Box>
      <Box component="ul" aria-label={title} sx={{ m: 0, pl: 4, overflowWrap: 'anywhere' }}>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </Box>
    </section>
  );
}
