// Where to look at an older version: its rows, Explore, or a dashboard on this dataset with the data of that time.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { Link } from 'react-router';
import { useListDashboardsQuery } from '@/api/dashboards-api';
import { toProblem } from '@/api/problem';
import type { DatasetDetail, DatasetVersion } from '@/api/types';
import { Dialog } from '@/components/dialog';
import { ErrorState, LoadingState } from '@/components/states';
import { formatCommit } from '@/lib/commit-time';
import { exploring } from '@/lib/explore-link';
import { formatNumber } from '@/lib/format';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';

export interface OpenAsOfProps {
  dataset: DatasetDetail;
  version: DatasetVersion;
  zone: string;
  onClose: () => void;
}

export function OpenAsOf({ dataset, version, zone, onClose }: OpenAsOfProps) {
  const dashboards = useListDashboardsQuery();
  const here = dashboards.data?.filter(({ models }) => models.includes(dataset.name));
  const asOf = encodeURIComponent(new Date(version.committed_at).toISOString());
  return (
    <Dialog
      title={`Look at version ${formatNumber(version.version, 'integer')}`}
      closing="Cancel"
      onClose={onClose}
    >
      <Box sx={{ color: 'text.secondary' }}>
        As {dataset.label || dataset.name} was on {formatCommit(version.committed_at, zone)} ({zone}
        ).
      </Box>
      <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0, display: 'grid', gap: 2 }}>
        <Way
          icon="table"
          label="Its rows"
          to={`/datasets/${encodeURIComponent(dataset.name)}?tab=preview&asOf=${version.version}`}
          onFollow={onClose}
        />
        <Way
          icon="chart"
          label="Explore it"
          to={`${exploring(dataset.name)}&asOf=${asOf}`}
          onFollow={onClose}
        />
        {here?.map((dashboard) => (
          <Way
            key={dashboard.id}
            icon="dashboard"
            // It is often called as the dataset is.
            kind="Dashboard"
            label={dashboard.title}
            to={`/dashboards/${encodeURIComponent(dashboard.id)}?asOf=${asOf}`}
            onFollow={onClose}
          />
        ))}
      </Box>
      {here?.length === 0 && (
        <Box sx={{ color: 'text.secondary' }}>No dashboard reads this dataset yet.</Box>
      )}
      {dashboards.isLoading && <LoadingState rows={2} label="Loading dashboards" />}
      {dashboards.isError && (
        <ErrorState
          dense
          problem={toProblem(dashboards.error)}
          onRetry={() => void dashboards.refetch()}
        />
      )}
    </Dialog>
  );
}

interface WayProps {
  icon: IconName;
  /** What it leads to, where the label is the name of it. */
  kind?: string;
  label: string;
  to: string;
  onFollow: () => void;
}

function Way(props: WayProps) {
  return (
    <li>
      <Button
        component={Link}
        to={props.to}
        onClick={props.onFollow}
        fullWidth
        startIcon={<Icon name={props.icon} size={16} />}
        sx={{ justifyContent: 'flex-start', textAlign: 'left' }}
      >
        {props.kind && (
          <Box component="span" sx={{ color: 'text.secondary', fontWeight: 400, mr: 1.5 }}>
            {props.kind}{' '}
          </Box>
        )}
        <Box component="span" sx={{ minWidth: 0, overflowWrap: 'anywhere' }}>
          {props.label}
        </Box>
      </Button>
    </li>
  );
}
