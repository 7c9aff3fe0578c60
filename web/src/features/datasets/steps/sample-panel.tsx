// A file as it will be loaded, to see what the steps do: rows before and after, and those that are rejected. The server reads
// its beginning; nothing is stored.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useEffect, useMemo, useRef, useState } from 'react';
import { sendFile } from '@/api/send-file';
import type { Cell, ColumnField, Problem, StepsPreview, Upload } from '@/api/types';
import { visuallyHidden } from '@/components/announcer';
import { DataTable } from '@/components/data-table';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { EmptyState, LoadingState } from '@/components/states';
import { formatCount, formatNumber } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { RejectsTable } from '../rejects/rejects-table';

export interface SamplePanelProps {
  sample: Upload | null;
  preview: StepsPreview | null;
  /** Why there is no preview, beside what is said at the steps. */
  problem: Problem | null;
  /** Why it is not asked for one: a step that is not complete. */
  waitingFor: string | null;
  loading: boolean;
  onSample: (sample: Upload | null) => void;
}

export function SamplePanel(props: SamplePanelProps) {
  const { sample, preview, problem, waitingFor, loading } = props;
  return (
    <SectionCard
      title="What they do"
      lead={
        sample
          ? `The beginning of ${sample.file_name}; nothing is stored.`
          : 'Shown on a file as it will be loaded; nothing is stored.'
      }
      actions={<ChooseFile sample={sample} onSample={props.onSample} />}
    >
      {sample === null ? (
        <EmptyState icon="table" title="No sample yet">
          Choose a file to see its rows before and after the steps.
        </EmptyState>
      ) : waitingFor !== null ? (
        <Box role="status" sx={{ color: 'text.secondary' }}>
          {waitingFor}
        </Box>
      ) : problem ? (
        <ProblemNotice problem={problem} dense />
      ) : preview ? (
        <Rows preview={preview} />
      ) : loading ? (
        <LoadingState rows={8} label="Trying the steps" />
      ) : (
        <Box sx={{ color: 'text.secondary' }}>A step is refused, see there.</Box>
      )}
    </SectionCard>
  );
}

function ChooseFile({ sample, onSample }: Pick<SamplePanelProps, 'sample' | 'onSample'>) {
  const input = useRef<HTMLInputElement>(null);
  const sending = useRef<AbortController | null>(null);
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => () => sending.current?.abort(), []);

  const send = async (file: File): Promise<void> => {
    const controller = new AbortController();
    sending.current = controller;
    setProblem(null);
    setShare(0);
    const sent = await sendFile(
      file,
      ({ sentBytes, totalBytes }) => setShare(totalBytes === 0 ? 0 : sentBytes / totalBytes),
      controller.signal,
    );
    setShare(null);
    if ('upload' in sent) onSample(sent.upload);
    else if (sent.problem.code !== 'aborted') setProblem(sent.problem);
  };

  return (
    <>
      {share !== null ? (
        <Button size="small" onClick={() => sending.current?.abort()}>
          Cancel ({formatNumber(share, 'percent', 'compact')} sent)
        </Button>
      ) : (
        <Button
          size="small"
          startIcon={<Icon name="upload" size={16} />}
          onClick={() => input.current?.click()}
        >
          {sample ? 'Other file' : 'Choose a file'}
        </Button>
      )}
      {sample && share === null && (
        <Button size="small" variant="text" onClick={() => onSample(null)}>
          Without a sample
        </Button>
      )}
      <Box
        component="input"
        ref={input}
        type="file"
        aria-label="Sample file"
        tabIndex={-1}
        onChange={(event: React.ChangeEvent<HTMLInputElement>) => {
          const file = event.target.files?.[0];
          if (file) void send(file);
          event.target.value = '';
        }}
        sx={visuallyHidden}
      />
      {problem && (
        <Box sx={{ flexBasis: '100%' }}>
          <ProblemNotice problem={problem} dense />
        </Box>
      )}
    </>
  );
}

function Rows({ preview }: { preview: StepsPreview }) {
  const { rows, rows_out: out, rejected } = preview;
  const leftOut = rows - out - rejected;
  return (
    <Box sx={{ display: 'grid', gap: 5, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Box role="status" sx={{ color: 'text.secondary', fontVariantNumeric: 'tabular-nums' }}>
        Of {formatCount(rows, 'row')} that were looked at, {formatNumber(out, 'integer')} would be
        stored, {formatNumber(rejected, 'integer')} rejected
        {leftOut > 0 && `, ${formatNumber(leftOut, 'integer')} left out`}.
      </Box>
      <OneSide title="Before" columns={preview.source} rows={preview.before} />
      <OneSide title="After" columns={preview.columns} rows={preview.after} />
      {preview.rejects.length > 0 && (
        <div>
          <Heading>Rejected</Heading>
          <RejectsTable
            items={preview.rejects}
            total={rejected}
            label="Rejected rows of the sample"
            height={240}
          />
        </div>
      )}
    </Box>
  );
}

function Heading({ children }: { children: string }) {
  return (
    <Box component="h3" sx={{ typography: 'h3', m: 0, mb: 2 }}>
      {children}
    </Box>
  );
}

function OneSide(props: {
  title: string;
  columns: readonly ColumnField[];
  rows: readonly Record<string, Cell>[];
}) {
  const { title, columns, rows } = props;
  const shown = useMemo(
    () => columns.map(({ name, type }) => ({ name, label: name, type })),
    [columns],
  );
  const data = useMemo<Cell[][]>(
    () => columns.map(({ name }) => rows.map((row) => row[name] ?? null)),
    [columns, rows],
  );
  return (
    <div>
      <Heading>{title}</Heading>
      <Box sx={{ border: 1, borderColor: 'divider', borderRadius: 1, overflow: 'hidden' }}>
        <DataTable
          label={`Rows ${title.toLowerCase()} the steps`}
          columns={shown}
          data={data}
          rowCount={rows.length}
          density="compact"
          height={240}
          sortable={false}
        />
      </Box>
    </div>
  );
}
