// What was found in the file, for the viewer to correct: name, time column, types, first rows.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useMemo, useState } from 'react';
import type { Problem, ReadOptions, Upload } from '@/api/types';
import { DataTable } from '@/components/data-table';
import { toColumnar } from '@/components/data-table-model';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { twoColumns } from '@/components/two-columns';
import { WarningList } from '@/components/warning-list';
import { formatCount, formatNumber } from '@/lib/format';
import { ColumnTypes } from './column-types';
import { ConfirmReplacement } from './confirm-replacement';
import { DiscardUpload } from './discard-upload';
import { ExistingRowsFields } from './existing-rows-fields';
import { draftOf, isUnread } from './reading';
import { ReadingFields } from './reading-fields';
import { TargetFields } from './target-fields';
import { isAsked, nameProblem, replacementProblem, timeColumns } from './wizard-state';
import type { ReviewChoices } from './wizard-state';

export interface ReviewStepProps {
  upload: Upload;
  choices: ReviewChoices;
  problem: Problem | null;
  busy: boolean;
  onChange: (change: Partial<ReviewChoices>) => void;
  onReread: (upload: Upload, options: ReadOptions) => void;
  onConfirm: () => void;
  onRestart: () => void;
}

const formatWords = {
  csv: 'CSV',
  tsv: 'TSV',
  ndjson: 'JSON lines',
  json: 'JSON',
  parquet: 'Parquet',
  arrow: 'Arrow',
  avro: 'Avro',
  xlsx: 'Excel',
} as const;
const delimiterWords: Record<string, string> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
};

function describeFile({ file_name, size_bytes, inference }: Upload): string {
  const text = inference.format === 'csv' || inference.format === 'tsv';
  return [
    file_name,
    formatNumber(size_bytes, 'bytes'),
    formatWords[inference.format],
    inference.sheet && `sheet ${inference.sheet}`,
    inference.compression !== 'none' && inference.compression,
    text &&
      inference.delimiter &&
      `${delimiterWords[inference.delimiter] ?? inference.delimiter} between values`,
    text && inference.header === false && 'no header line',
    inference.encoding && inference.encoding !== 'utf-8' && inference.encoding,
  ]
    .filter(Boolean)
    .join(' \u00b7 ');
}

export function ReviewStep({
  upload,
  choices,
  problem,
  busy,
  onChange,
  onReread,
  onConfirm,
  onRestart,
}: ReviewStepProps) {
  const { inference } = upload;
  const candidates = timeColumns(upload, choices);
  const preview = useMemo(
    () => ({
      // As text: this is what stands in the file, before types are applied.
      columns: inference.preview.columns.map((name) => ({
        name,
        label: name,
        type: 'string' as const,
      })),
      data: toColumnar(inference.preview.rows, inference.preview.columns.length),
    }),
    [inference.preview],
  );
  const [asking, setAsking] = useState(false);
  const options = choices.options ?? {};
  const [reading, setReading] = useState(() => draftOf(options));
  // What would be loaded is what is shown: by what is said of the file and not read yet, it would be something else.
  const unread = isUnread(inference, reading, options);
  const creating = choices.mode === 'create';
  const invalid = (creating ? nameProblem(choices.dataset) : replacementProblem(choices)) !== null;

  return (
    <Box
      component="form"
      noValidate
      onSubmit={(event: React.FormEvent) => {
        event.preventDefault();
        if (invalid || busy || unread) return;
        if (isAsked(choices)) setAsking(true);
        else onConfirm();
      }}
      sx={{ display: 'grid', gap: 4, gridTemplateColumns: 'minmax(0, 1fr)' }}
    >
      {inference.warnings.length > 0 && (
        <WarningList role="note" title="Worth a look before loading" items={inference.warnings} />
      )}
      <SectionCard title="Dataset" lead={describeFile(upload)}>
        <Box sx={{ ...twoColumns, pt: 1 }}>
          <TargetFields choices={choices} onChange={onChange} />
          {!creating && (
            <ExistingRowsFields
              columns={inference.columns.map((column) => column.name)}
              choices={choices}
              onChange={onChange}
            />
          )}
          {creating && (
            <TextField
              select
              label="Time column"
              value={choices.timeColumn ?? ''}
              onChange={(event) => onChange({ timeColumn: event.target.value || null })}
              helperText={
                candidates.length === 0
                  ? 'No column is a date. Change a type below to use one.'
                  : 'Charts over time and date filters use it.'
              }
              slotProps={{
                inputLabel: { shrink: true },
                select: { displayEmpty: true },
                input: { notched: true },
              }}
            >
              <MenuItem value="">None</MenuItem>
              {candidates.map((name) => (
                <MenuItem key={name} value={name}>
                  {name}
                </MenuItem>
              ))}
            </TextField>
          )}
        </Box>
      </SectionCard>
      <ColumnTypes upload={upload} choices={choices} onChange={onChange} />
      <SectionCard title="First rows" lead="As they stand in the file" flush>
        <Box sx={{ borderTop: 1, borderColor: 'divider' }}>
          <DataTable
            label="First rows of the file"
            columns={preview.columns}
            data={preview.data}
            rowCount={inference.preview.rows.length}
            density="compact"
            height={300}
            sortable={false}
          />
        </Box>
      </SectionCard>
      <ReadingFields
        upload={upload}
        draft={reading}
        unread={unread}
        onChange={setReading}
        onReread={onReread}
      />
      {problem && <ProblemNotice problem={problem} />}
      <Box
        sx={{
          position: 'sticky',
          bottom: { xs: 'calc(60px + env(safe-area-inset-bottom))', sm: 0 },
          zIndex: 2,
          display: 'flex',
          flexWrap: 'wrap',
          alignItems: 'center',
          justifyContent: 'flex-end',
          gap: 2,
          py: 3,
          borderTop: 1,
          borderColor: 'divider',
          bgcolor: 'background.default',
        }}
      >
        {unread ? (
          <Box role="status" sx={{ flex: { xs: '1 0 100%', sm: 1 }, color: 'warning.main' }}>
            Read the file again first: what you said of how it is written is not in these rows yet
          </Box>
        ) : (
          <Box sx={{ flex: 1, color: 'text.secondary', display: { xs: 'none', sm: 'block' } }}>
            {formatCount(inference.columns.length, 'column')}, types from{' '}
            {formatCount(inference.sample_rows, 'row')}
          </Box>
        )}
        <DiscardUpload upload={upload} busy={busy} onDiscarded={onRestart} />
        <Button onClick={onRestart} sx={{ flex: { xs: 1, sm: 'none' } }}>
          Other file
        </Button>
        <Button
          type="submit"
          variant="contained"
          color="primary"
          loading={busy}
          disabled={invalid || unread}
          sx={{ flex: { xs: 2, sm: 'none' } }}
        >
          {actionOf[choices.mode]}
        </Button>
      </Box>
      {asking && (
        <ConfirmReplacement
          choices={choices}
          fileName={upload.file_name}
          onConfirm={() => {
            setAsking(false);
            onConfirm();
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </Box>
  );
}

const actionOf: Record<ReviewChoices['mode'], string> = {
  create: 'Create dataset',
  append: 'Add rows',
  upsert: 'Replace rows',
  replace_range: 'Replace rows',
  replace: 'Replace all rows',
};
