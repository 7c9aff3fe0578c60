// Rows of a dataset that are to go: which, how many these are, and the number once more from whoever means it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import TextField from '@mui/material/TextField';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import {
  datasetJobsApi,
  useCountRowsMutation,
  useDeleteRowsMutation,
  useGetDatasetJobQuery,
} from '@/api/dataset-jobs-api';
import { useGetModelQuery } from '@/api/models-api';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import type { DatasetDetail, DatasetJob, MemberFilter, Problem } from '@/api/types';
import { Dialog } from '@/components/dialog';
import { FormProblem } from '@/components/form-problem';
import { ProblemNotice } from '@/components/problem-notice';
import { LoadingState } from '@/components/states';
import { useToasts } from '@/components/toast-slice';
import { formatCount, formatNumber } from '@/lib/format';
import { exampleOf, pickable, says, withFilter } from './condition';

const FilterEditor = lazy(() =>
  import('@/components/filter-editor').then((module) => ({ default: module.FilterEditor })),
);

const pollMs = 400;

export interface DeleteRowsDialogProps {
  dataset: DatasetDetail;
  onClose: () => void;
}

export default function DeleteRowsDialog({ dataset, onClose }: DeleteRowsDialogProps) {
  const isAdmin = useSession().isAtLeast('admin');
  const [condition, setCondition] = useState('');
  const [erase, setErase] = useState(false);
  const [typed, setTyped] = useState('');
  const [count, counting] = useCountRowsMutation();
  const [deleteRows, ordering] = useDeleteRowsMutation();
  const { job, lost } = useEndOf(dataset.name, ordering.data, onClose);
  const rows = counting.data?.rows ?? null;
  const busy = ordering.isLoading || (job?.state === 'running' && lost === null);
  // Older versions may have rows of which the latest has none.
  const some = rows !== null && (rows > 0 || erase);

  const change = (next: string): void => {
    setCondition(next);
    setTyped('');
    counting.reset();
    ordering.reset();
  };
  const confirm = (): void => {
    if (rows === null) return;
    void deleteRows({ name: dataset.name, predicate: condition, expectedRows: rows, erase });
  };

  return (
    <Dialog
      title="Delete rows"
      subtitle={dataset.label || dataset.name}
      size="sm"
      busy={busy}
      closing="Cancel"
      onClose={onClose}
      problem={
        job?.problem ? (
          <ProblemNotice problem={job.problem} dense />
        ) : lost ? (
          <ProblemNotice problem={lost} dense />
        ) : ordering.isError ? (
          <FormProblem error={ordering.error} />
        ) : counting.isError ? (
          <FormProblem error={counting.error} />
        ) : undefined
      }
      actions={
        <Button
          variant="contained"
          color="error"
          loading={busy}
          disabled={!some || !says(typed, rows)}
          onClick={confirm}
        >
          {rows === null
            ? 'Delete rows'
            : `${erase ? 'Erase' : 'Delete'} ${formatCount(rows, 'row')}`}
        </Button>
      }
    >
      <TextField
        label="Rows for which this is true"
        value={condition}
        multiline
        minRows={2}
        disabled={busy}
        onChange={(event) => change(event.target.value)}
        helperText={`A condition in SQL over the columns of the dataset, such as ${exampleOf(dataset.columns)}`}
        slotProps={{ htmlInput: { spellCheck: false, sx: { fontFamily: 'monospace' } } }}
      />
      <PickCondition dataset={dataset} condition={condition} onChange={change} />
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 3 }}>
        <Button
          disabled={condition.trim() === '' || busy}
          loading={counting.isLoading}
          onClick={() => void count({ name: dataset.name, predicate: condition })}
        >
          Count
        </Button>
        <Box data-testid="rows-to-go" role="status" sx={{ color: 'text.secondary' }}>
          {rows !== null &&
            `${formatNumber(rows, 'integer')} of ${formatCount(dataset.rows, 'row')} would go`}
        </Box>
      </Box>
      {rows !== null && isAdmin && (
        <FormControlLabel
          control={
            <Checkbox
              checked={erase}
              disabled={busy}
              onChange={(event) => {
                // The number was typed for the other of the two.
                setTyped('');
                setErase(event.target.checked);
              }}
            />
          }
          label="Erase them: no older version can be read afterwards"
        />
      )}
      {some && (
        <>
          <div>
            {erase
              ? 'This cannot be undone, and all older versions go with it.'
              : 'Older versions still have the rows for as long as these are kept.'}
          </div>
          <TextField
            label={`Type ${rows} to confirm`}
            value={typed}
            disabled={busy}
            onChange={(event) => setTyped(event.target.value)}
            slotProps={{
              inputLabel: { shrink: true },
              htmlInput: { inputMode: 'numeric', autoComplete: 'off' },
            }}
          />
        </>
      )}
    </Dialog>
  );
}

/**
 * Why nobody can say any more how a job stands: jobs are remembered by the process that does them. Where the server does not
 * answer, or not now, it is asked again.
 */
function lossOf(error: unknown): Problem | null {
  const problem = error === undefined ? null : toProblem(error);
  if (problem?.status !== 404) return null;
  return {
    ...problem,
    title: 'Nothing is known any more of this work',
    detail: 'The server may have been started anew. Count again to see whether the rows are gone.',
  };
}

/** The job that was ordered, and why it is no longer known; when it is done, it is told and the dialog closes. */
function useEndOf(name: string, ordered: DatasetJob | undefined, onClose: () => void) {
  const which = { name, id: ordered?.id ?? '' };
  // Known once it has ended: then it is not asked for again.
  const { currentData: known, error } = datasetJobsApi.endpoints.getDatasetJob.useQueryState(which);
  const lost = useMemo(() => lossOf(error), [error]);
  const goesOn = lost === null && (known === undefined || known.state === 'running');
  const asked = useGetDatasetJobQuery(which, {
    skip: ordered === undefined,
    pollingInterval: goesOn ? pollMs : 0,
  });
  const toasts = useToasts();
  const job = ordered && asked.currentData?.id === ordered.id ? asked.currentData : ordered;

  useEffect(() => {
    if (job?.state !== 'done') return;
    const gone = formatCount(job.report?.rows ?? 0, 'row');
    toasts.show({
      tone: 'success',
      message: `${gone} ${job.report?.rows === 1 ? 'was' : 'were'} ${job.work === 'erasure' ? 'erased' : 'deleted'}`,
    });
    onClose();
  }, [job, toasts, onClose]);
  return { job, lost };
}

interface PickConditionProps {
  dataset: DatasetDetail;
  condition: string;
  onChange: (condition: string) => void;
}

function PickCondition({ dataset, condition, onChange }: PickConditionProps) {
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const model = useGetModelQuery(dataset.name, { skip: !open });
  const models = useMemo(() => (model.data ? [pickable(model.data)] : []), [model.data]);

  const apply = (filter: MemberFilter): void => {
    if (model.data === undefined) return;
    const next = withFilter(condition, filter, model.data);
    if ('problem' in next) {
      setProblem(next.problem);
      return;
    }
    setProblem(null);
    setOpen(false);
    onChange(next.sql);
  };

  return (
    <Box sx={{ display: 'grid', gap: 2, justifyItems: 'start' }}>
      <Button aria-expanded={open} onClick={() => setOpen(!open)}>
        Pick a condition
      </Button>
      {open && model.isError && <FormProblem error={model.error} />}
      {open && !model.isError && (
        <Suspense fallback={<LoadingState rows={3} label="Loading the form" />}>
          {model.data === undefined ? (
            <LoadingState rows={3} label="Loading the model" />
          ) : (
            <FilterEditor models={models} filter={null} asOf={null} onApply={apply} />
          )}
        </Suspense>
      )}
      {problem !== null && (
        <Box role="alert" sx={{ color: 'error.main' }}>
          {problem}
        </Box>
      )}
    </Box>
  );
}
