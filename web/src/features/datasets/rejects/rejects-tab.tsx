// Rows that were not taken: of one load or of the newest ones, each with the reason and its text. They can be taken
// along as a file, or corrected here and loaded, each of them once.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useMemo, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useGetContractQuery } from '@/api/contracts-api';
import { useListRejectsQuery } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import { useGetStepsQuery } from '@/api/steps-api';
import type { ColumnField, DatasetDetail, DatasetSteps, RejectedRow } from '@/api/types';
import { useListVersionsInfiniteQuery } from '@/api/versions-api';
import { EmptyState, ErrorState, LoadingState, RefreshLine } from '@/components/states';
import { formatInstant, formatNumber, localZone } from '@/lib/format';
import { sourceName } from '@/lib/version-words';
import { Icon } from '@/theme/icons';
import { loadsOf, withRejects } from '../loads/load-history';
import type { PastLoad } from '../loads/load-history';
import { CorrectDialog } from './correct-dialog';
import { obstaclesTo } from './obstacles';
import { RejectItem } from './reject-item';
import { alikeOf, brokenRule } from './reject-words';
import { useRejectsExport } from './use-rejects-export';
import type { ExportFormat } from './use-rejects-export';

const pageSize = 100;
const all = 'all';

export default function RejectsTab({ dataset }: { dataset: DatasetDetail }) {
  const [params, setParams] = useSearchParams();
  const loadId = params.get('load') ?? undefined;
  const versions = useListVersionsInfiniteQuery(dataset.name);
  const loads = useMemo(
    () => loadsOf(versions.data?.pages.flatMap((page) => page.items) ?? []),
    [versions.data],
  );
  const older = versions.hasNextPage && (
    <Button
      size="small"
      variant="text"
      loading={versions.isFetchingNextPage}
      onClick={() => void versions.fetchNextPage()}
    >
      List older versions
    </Button>
  );
  return (
    <>
      <LoadSelect
        loads={withRejects(loads)}
        loadId={loadId}
        onChange={(id) =>
          setParams(id === undefined ? { tab: 'rejected' } : { tab: 'rejected', load: id })
        }
      />
      {older && <Box sx={{ mb: 4 }}>{older}</Box>}
      {/* A new key begins at the first page. */}
      <Rejects key={loadId ?? all} dataset={dataset} loadId={loadId} />
    </>
  );
}

function LoadSelect(props: {
  loads: readonly PastLoad[];
  loadId: string | undefined;
  onChange: (loadId: string | undefined) => void;
}) {
  const { loads, loadId } = props;
  const zone = localZone();
  if (loads.length === 0 && loadId === undefined) return null;
  const known = loadId === undefined || loads.some((load) => load.load_id === loadId);
  return (
    <TextField
      select
      label="Rejected by"
      value={loadId ?? all}
      onChange={(event) =>
        props.onChange(event.target.value === all ? undefined : event.target.value)
      }
      slotProps={{ inputLabel: { shrink: true } }}
      sx={{ maxWidth: 480, mb: 4 }}
    >
      <MenuItem value={all}>All loads together</MenuItem>
      {!known && <MenuItem value={loadId}>An older load</MenuItem>}
      {loads.map((load) => (
        <MenuItem key={load.load_id} value={load.load_id} sx={{ whiteSpace: 'normal' }}>
          {sourceName(load)}, {formatInstant(load.committed_at, zone, 'minute')} (
          {formatNumber(load.rejected, 'integer')})
        </MenuItem>
      ))}
    </TextField>
  );
}

function Rejects(props: { dataset: DatasetDetail; loadId: string | undefined }) {
  const { dataset, loadId } = props;
  const { name } = dataset;
  // Where the pages begin up to this one: with long rows a page has fewer than were asked for.
  const [begins, setBegins] = useState([0]);
  const offset = begins.at(-1) ?? 0;
  const [opened, setOpened] = useState<RejectedRow | null>(null);
  const mayLoad = useSession().isAtLeast('editor');
  const rejects = useListRejectsQuery({ name, limit: pageSize, offset, loadId });
  const steps = useGetStepsQuery(name, { skip: !mayLoad });
  const ruled = rejects.data?.items.some(({ rule }) => typeof rule === 'number') ?? false;
  const contract = useGetContractQuery(name, { skip: !ruled });
  const waiting = rejects.isError ? (
    <ErrorState problem={toProblem(rejects.error)} onRetry={() => void rejects.refetch()} />
  ) : (
    <LoadingState rows={6} label="Loading rejected rows" />
  );
  if (rejects.data === undefined) return waiting;
  // How many there are is also known while another page of them is on its way.
  const { total } = rejects.data;
  const items = rejects.currentData?.items;
  if (total === 0) {
    return (
      <EmptyState icon="check" title="No rejected rows">
        {loadId === undefined
          ? 'Every row of the loads whose versions are kept was taken.'
          : 'Every row of this load was taken.'}
      </EmptyState>
    );
  }
  const open = items?.filter(({ replayed_by: by }) => by === null) ?? [];
  // Which columns a row has is known with the steps.
  const mayCorrect = mayLoad && steps.data !== undefined;
  // As it is listed now, where it still is.
  const chosen = opened && (items?.find((item) => keyOf(item) === keyOf(opened)) ?? opened);
  const last = Math.min(offset + (items?.length ?? pageSize), total);
  return (
    <>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 3, mb: 3 }}>
        <Box sx={{ flex: 1, minWidth: 240, color: 'text.secondary' }}>
          These rows are kept aside and are in no number.
          {mayCorrect &&
            open.some(({ obstacle }) => obstacle === null) &&
            ' Correct them here and they are loaded, each of them once.'}
          {mayCorrect && obstaclesTo(open).map((text) => <Box key={text}>{text}</Box>)}
        </Box>
        <Export dataset={dataset} loadId={loadId} />
      </Box>
      {mayLoad && steps.isError && (
        <ErrorState dense problem={toProblem(steps.error)} onRetry={() => void steps.refetch()} />
      )}
      <RefreshLine active={rejects.isFetching} />
      {items === undefined ? (
        waiting
      ) : (
        <Box
          component="ul"
          aria-label={`Rejected rows of ${name}`}
          sx={{
            listStyle: 'none',
            m: 0,
            p: 0,
            border: 1,
            borderColor: 'divider',
            borderRadius: 1,
            bgcolor: 'background.paper',
          }}
        >
          {items.map((reject) => (
            <RejectItem
              key={keyOf(reject)}
              dataset={name}
              reject={reject}
              rule={brokenRule(reject, contract.data?.rules)}
              onCorrect={mayCorrect && reject.obstacle === null ? () => setOpened(reject) : null}
            />
          ))}
        </Box>
      )}
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 2, mt: 3 }}>
        <Box sx={{ flex: 1, color: 'text.secondary' }}>
          {formatNumber(offset + 1, 'integer')} to {formatNumber(last, 'integer')} of{' '}
          {formatNumber(total, 'integer')}
        </Box>
        {(offset > 0 || last < total) && (
          <>
            <Button
              size="small"
              disabled={offset === 0}
              onClick={() => setBegins(begins.slice(0, -1))}
            >
              Previous
            </Button>
            <Button
              size="small"
              disabled={items === undefined || last >= total}
              onClick={() => setBegins([...begins, last])}
            >
              Next
            </Button>
          </>
        )}
      </Box>
      {chosen && steps.data && (
        <CorrectDialog
          key={keyOf(chosen)}
          dataset={name}
          columns={sourceOf(steps.data, dataset)}
          steps={steps.data.steps.length > 0}
          reject={chosen}
          header={rejects.data.headers[chosen.load_id]}
          alike={alikeOf(chosen, open)}
          onClose={() => setOpened(null)}
        />
      )}
    </>
  );
}

const keyOf = ({ load_id: load, number }: RejectedRow): string => `${load} ${number}`;

/** The columns that rows have before the first step: a row that is brought again goes through all of them. */
function sourceOf({ source = [], steps }: DatasetSteps, { columns }: DatasetDetail): ColumnField[] {
  return steps.length > 0 && source.length > 0 ? source : columns;
}

/** A file is of one load: the one that was chosen, or the only one that rejected rows. */
function Export({ dataset, loadId }: { dataset: DatasetDetail; loadId: string | undefined }) {
  const [take, taking] = useRejectsExport(dataset.name);
  const rejecting = dataset.loads.filter(({ rejected }) => rejected > 0);
  const of = loadId ?? (rejecting.length === 1 ? rejecting[0]?.load_id : undefined);
  if (of === undefined) {
    return (
      <Box sx={{ color: 'text.secondary' }}>Choose a load to take its rows along as a file.</Box>
    );
  }
  const button = (format: ExportFormat, label: string) => (
    <Button
      size="small"
      startIcon={<Icon name="download" size={16} />}
      loading={taking === format}
      loadingPosition="start"
      onClick={() => void take(of, format)}
    >
      {label}
    </Button>
  );
  return (
    <Box sx={{ display: 'flex', gap: 2 }}>
      {button('csv', 'Download CSV')}
      {button('ndjson', 'Download NDJSON')}
    </Box>
  );
}
