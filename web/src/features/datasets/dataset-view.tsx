// One dataset: header with its facts and actions, tabs for what it holds.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import type { ReactNode } from 'react';
import { Suspense, useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useGetDatasetQuery } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import type { DatasetDetail } from '@/api/types';
import { chunkComponent } from '@/components/chunk-component';
import { PageHeader } from '@/components/page-header';
import { useShortcuts } from '@/components/shortcuts';
import { ErrorState, LoadingState, RefreshLine } from '@/components/states';
import { exploring } from '@/lib/explore-link';
import { formatAge, formatCount, formatNumber, formatRange } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { ColumnsTab } from './columns-tab';
import { DatasetMenu } from './dataset-menu';
import type { DatasetWay } from './dataset-menu';
import { useGenerateDashboard } from './generate-dashboard';
import { PreviewTab } from './preview-tab';
import { ProfileTab } from './profile-tab';
import { useColumnFormats } from './use-column-formats';

// What is seldom looked at loads when it is.
const LoadsTab = chunkComponent(() => import('./loads/loads-tab'));
const RejectsTab = chunkComponent(() => import('./rejects/rejects-tab'));
const VersionsTab = chunkComponent(() => import('./versions/versions-tab'));
const KeepingTab = chunkComponent(() => import('./keeping/keeping-tab'));
const ContractTab = chunkComponent(() => import('./contract/contract-tab'));
const StepsTab = chunkComponent(() => import('./steps/steps-tab'));

const allTabs = [
  { key: 'columns', label: 'Columns' },
  { key: 'preview', label: 'Preview' },
  { key: 'profile', label: 'Profile' },
  { key: 'loads', label: 'Loads' },
  { key: 'rejected', label: 'Rejected rows' },
  { key: 'versions', label: 'Versions' },
  { key: 'retention', label: 'Retention' },
  { key: 'contract', label: 'Contract' },
  // A step may hold the key of its hashes, so only who may load rows sees them.
  { key: 'steps', label: 'Steps' },
] as const;

type TabKey = (typeof allTabs)[number]['key'];

export function DatasetView({ name }: { name: string }) {
  const dataset = useGetDatasetQuery(name);
  const parent = { label: 'Datasets', to: '/datasets' };
  if (dataset.data === undefined) {
    return (
      <>
        <PageHeader title={name} parent={parent} />
        {dataset.isError ? (
          <ErrorState problem={toProblem(dataset.error)} onRetry={() => void dataset.refetch()} />
        ) : (
          <LoadingState rows={6} label="Loading dataset" />
        )}
      </>
    );
  }
  return <LoadedDataset dataset={dataset.data} refreshing={dataset.isFetching} />;
}

function LoadedDataset({ dataset, refreshing }: { dataset: DatasetDetail; refreshing: boolean }) {
  const { isAtLeast } = useSession();
  const [params, setParams] = useSearchParams();
  const asked = params.get('tab');
  const mayLoad = isAtLeast('editor');
  const tabs = useMemo(() => allTabs.filter(({ key }) => key !== 'steps' || mayLoad), [mayLoad]);
  const current = tabs.find(({ key }) => key === asked)?.key ?? 'columns';
  const formats = useColumnFormats(dataset.name);
  const path = encodeURIComponent(dataset.name);
  const ways: DatasetWay[] = [
    mayLoad
      ? { label: 'Edit model', to: `/models/${path}`, icon: 'edit' }
      : { label: 'Model', to: `/models/${path}`, icon: 'layers' },
    ...(mayLoad
      ? [{ label: 'Add rows', to: `/datasets/upload?to=${path}`, icon: 'upload' as const }]
      : []),
  ];
  const [generate, generating] = useGenerateDashboard();
  const rejected = dataset.loads.reduce((sum, load) => sum + load.rejected, 0);

  const shortcuts = useMemo(
    () =>
      tabs.map((tab, index) => ({
        keys: String(index + 1),
        label: tab.label,
        group: 'Dataset',
        run: () => setParams({ tab: tab.key }, { replace: true }),
      })),
    [tabs, setParams],
  );
  useShortcuts(shortcuts);

  const bodies: Record<TabKey, () => ReactNode> = {
    columns: () => <ColumnsTab dataset={dataset} />,
    preview: () => <PreviewTab dataset={dataset} />,
    profile: () => <ProfileTab name={dataset.name} />,
    loads: () => <LoadsTab dataset={dataset} formats={formats} />,
    rejected: () => <RejectsTab dataset={dataset} />,
    versions: () => <VersionsTab dataset={dataset} />,
    retention: () => <KeepingTab dataset={dataset} />,
    contract: () => <ContractTab dataset={dataset} />,
    steps: () => <StepsTab dataset={dataset} />,
  };

  return (
    <>
      <PageHeader
        title={dataset.label || dataset.name}
        parent={{ label: 'Datasets', to: '/datasets' }}
        summary={<Facts dataset={dataset} />}
        actions={
          <>
            <Button
              component={Link}
              to={exploring(dataset.name)}
              startIcon={<Icon name="chart" size={16} />}
            >
              Explore
            </Button>
            {ways.map(({ label, to, icon }) => (
              <Button
                key={to}
                component={Link}
                to={to}
                startIcon={<Icon name={icon} size={16} />}
                // Phones have them in the menu, where there is one.
                sx={mayLoad ? { display: { xs: 'none', sm: 'inline-flex' } } : {}}
              >
                {label}
              </Button>
            ))}
            {mayLoad && (
              <Button
                variant="contained"
                color="primary"
                startIcon={<Icon name="sparkle" />}
                loading={generating}
                loadingPosition="start"
                onClick={() => void generate(dataset.name)}
              >
                Generate dashboard
              </Button>
            )}
            {mayLoad && <DatasetMenu dataset={dataset} ways={ways} />}
          </>
        }
      />
      <RefreshLine active={refreshing} />
      <Tabs
        value={current}
        onChange={(_event, value: TabKey) => setParams({ tab: value }, { replace: true })}
        aria-label="Parts of the dataset"
        variant="scrollable"
        scrollButtons="auto"
        sx={{ borderBottom: 1, borderColor: 'divider', mb: 4 }}
      >
        {tabs.map((tab) => (
          <Tab
            key={tab.key}
            value={tab.key}
            id={`tab-${tab.key}`}
            aria-controls={`panel-${tab.key}`}
            label={
              tab.key === 'rejected' && rejected > 0
                ? `${tab.label} (${formatNumber(rejected, 'integer')})`
                : tab.label
            }
          />
        ))}
      </Tabs>
      {tabs.map((tab) => (
        <Box
          key={tab.key}
          role="tabpanel"
          id={`panel-${tab.key}`}
          aria-labelledby={`tab-${tab.key}`}
          hidden={tab.key !== current}
        >
          {tab.key === current && (
            <Suspense fallback={<LoadingState rows={6} label={`Loading ${tab.label}`} />}>
              {bodies[tab.key]()}
            </Suspense>
          )}
        </Box>
      ))}
    </>
  );
}

function Facts({ dataset }: { dataset: DatasetDetail }) {
  const covers = dataset.time_column
    ? formatRange(dataset.time_min, dataset.time_max, 'UTC')
    : 'no time column';
  const facts = [
    // Only who sees all of it is told how large it is.
    dataset.size_bytes === null
      ? `${formatCount(dataset.rows, 'row')} that you may see`
      : formatCount(dataset.rows, 'row'),
    formatCount(dataset.columns.length, 'column'),
    ...(dataset.size_bytes === null ? [] : [formatNumber(dataset.size_bytes, 'bytes')]),
    covers,
    `updated ${formatAge(dataset.updated_at)}`,
  ];
  return <>{facts.join(' \u00b7 ')}</>;
}
