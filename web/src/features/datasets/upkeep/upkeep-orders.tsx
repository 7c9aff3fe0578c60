// What an admin has done to a dataset now: small segments merged, unneeded data removed; and a way to stop what runs.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useEffect, useRef } from 'react';
import { useDispatch } from 'react-redux';
import { baseApi } from '@/api/base-api';
import {
  datasetJobsApi,
  useCancelDatasetJobMutation,
  useListDatasetJobsQuery,
  useStartUpkeepMutation,
} from '@/api/dataset-jobs-api';
import type { DatasetJob } from '@/api/types';
import { FormProblem } from '@/components/form-problem';
import { SectionCard } from '@/components/section-card';
import { formatAge } from '@/lib/format';
import { jobText, workName } from './upkeep-words';

const pollMs = 1_000;
/** Older ones are in the list of versions. */
const SHOWN = 5;

export function UpkeepOrders({ dataset }: { dataset: string }) {
  // What is known already says whether there is something to wait for.
  const known = datasetJobsApi.endpoints.listDatasetJobs.useQueryState(dataset).data;
  const waits = known?.items.some((job) => job.state === 'running') ?? false;
  const listed = useListDatasetJobsQuery(dataset, { pollingInterval: waits ? pollMs : 0 });
  const [start, starting] = useStartUpkeepMutation();
  const [cancel, cancelling] = useCancelDatasetJobMutation();
  const jobs = listed.data?.items ?? [];
  const runs = jobs.some((job) => job.state === 'running');
  useNews(dataset, runs);

  const busy = (work: DatasetJob['work']): boolean =>
    (starting.isLoading && starting.originalArgs?.work === work) ||
    jobs.some((job) => job.work === work && job.state === 'running');
  const error = starting.error ?? cancelling.error ?? listed.error;
  return (
    <SectionCard
      title="Do it now"
      lead="Upkeep does this by itself after a while."
      actions={
        <>
          <Button
            loading={busy('compaction')}
            onClick={() => void start({ name: dataset, work: 'compaction' })}
          >
            Compact now
          </Button>
          <Button
            loading={busy('vacuum')}
            onClick={() => void start({ name: dataset, work: 'vacuum' })}
          >
            Clean up now
          </Button>
        </>
      }
    >
      {error !== undefined && <FormProblem error={error} />}
      {jobs.length === 0 ? (
        <Box sx={{ color: 'text.secondary' }}>Nothing was ordered in the last hour.</Box>
      ) : (
        <Box component="ul" aria-label="Ordered work" sx={{ listStyle: 'none', m: 0, p: 0 }}>
          {jobs.slice(0, SHOWN).map((job) => (
            <JobItem
              key={job.id}
              job={job}
              onCancel={() => void cancel({ name: dataset, id: job.id })}
            />
          ))}
        </Box>
      )}
    </SectionCard>
  );
}

/** When what ran has ended, everything that is known of the dataset is asked for again. */
function useNews(dataset: string, runs: boolean): void {
  const dispatch = useDispatch();
  const ran = useRef(false);
  useEffect(() => {
    if (ran.current && !runs) {
      dispatch(
        baseApi.util.invalidateTags([
          { type: 'Dataset', id: 'list' },
          { type: 'Dataset', id: dataset },
          'Upkeep',
        ]),
      );
    }
    ran.current = runs;
  }, [dataset, runs, dispatch]);
}

function JobItem({ job, onCancel }: { job: DatasetJob; onCancel: () => void }) {
  return (
    <Box
      component="li"
      sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', columnGap: 3, py: 1 }}
    >
      <Box sx={{ fontWeight: 500 }}>{workName(job.work)}</Box>
      <Box
        sx={{
          flex: 1,
          minWidth: 160,
          overflowWrap: 'anywhere',
          color: job.state === 'failed' ? 'error.main' : 'text.secondary',
        }}
      >
        {jobText(job)}
      </Box>
      {job.cancellable ? (
        <Button onClick={onCancel}>Cancel</Button>
      ) : (
        <Box component="time" dateTime={job.started_at} sx={{ color: 'text.secondary' }}>
          {formatAge(job.started_at)}
        </Box>
      )}
    </Box>
  );
}
