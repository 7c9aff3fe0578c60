// Asks before rows or versions go: how many rows, since when, and what can be done about it later.
import Box from '@mui/material/Box';
import { toProblem } from '@/api/problem';
import type { DatasetDetail, DatasetSettings } from '@/api/types';
import { useCountRowsBeforeQuery } from '@/api/versions-api';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { formatDate, formatNumber } from '@/lib/format';
import { firstDayKept, takesRows, takesVersions, versionsKept } from './keeping-words';

export interface ConfirmKeepingProps {
  dataset: DatasetDetail;
  before: DatasetSettings;
  after: DatasetSettings;
  now: number;
  busy: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

export function ConfirmKeeping(props: ConfirmKeepingProps) {
  const { dataset, before, after, now } = props;
  const { keep_days: keepDays, versions_kept_days: versionDays } = after;
  const timeColumn = dataset.time_column;
  const rows = takesRows(before, after) && keepDays !== null && timeColumn !== null;
  return (
    <ConfirmDialog
      open
      title={rows ? 'Delete old rows?' : 'Keep versions for less long?'}
      confirmLabel={rows ? 'Save and delete' : 'Save'}
      busy={props.busy}
      onConfirm={props.onConfirm}
      onClose={props.onClose}
    >
      <Box sx={{ display: 'grid', gap: 3 }}>
        {rows && (
          <Rows
            dataset={dataset}
            timeColumn={timeColumn}
            day={firstDayKept(keepDays, now)}
            versionDays={versionDays}
          />
        )}
        {takesVersions(before, after) && (
          <div>
            Versions are then kept {versionsKept(versionDays)}. What nothing else needs of them is
            removed for good.
          </div>
        )}
      </Box>
    </ConfirmDialog>
  );
}

function Rows(props: {
  dataset: DatasetDetail;
  timeColumn: string;
  day: string;
  versionDays: number | null;
}) {
  const { dataset, timeColumn, day, versionDays } = props;
  const count = useCountRowsBeforeQuery({ name: dataset.name, timeColumn, day });
  const whole = (value: number): string => formatNumber(value, 'integer');
  return (
    <>
      <div data-testid="rows-to-go">
        {count.data !== undefined
          ? `${whole(count.data)} of ${whole(dataset.rows)} rows have a ${timeColumn} before ${formatDate(day)}. They are deleted within minutes, and from then on every day those that have become too old.`
          : count.isError
            ? `How many rows are older than ${formatDate(day)} could not be counted (${toProblem(count.error).title}). All of them are deleted.`
            : `Counting the rows before ${formatDate(day)}\u2026`}
      </div>
      <div>
        {versionDays === 0
          ? 'No older version is kept, so the rows cannot be brought back.'
          : `Older versions still have them, and are kept ${versionsKept(versionDays)}. After that the rows cannot be brought back.`}
      </div>
    </>
  );
}
