// How the load ended: what is there now, what was rejected and why, and where to go.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Link from '@mui/material/Link';
import Typography from '@mui/material/Typography';
import { Link as RouterLink } from 'react-router';
import { useListRejectsQuery } from '@/api/datasets-api';
import { problemOf, toProblem } from '@/api/problem';
import type { Load, LoadReport } from '@/api/types';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { EmptyState, LoadingState } from '@/components/states';
import { exploring } from '@/lib/explore-link';
import { formatCount, formatElapsed, formatNumber } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { useGenerateDashboard } from '../generate-dashboard';
import { RejectsTable } from '../rejects/rejects-table';

const rejectsShown = 100;

interface Props {
  load: Load;
  label: string;
  /** null where nothing was reviewed on this page. */
  onReview: (() => void) | null;
  onRestart: () => void;
}

export function ResultStep({ load, label, onReview, onRestart }: Props) {
  if (load.state === 'done') return <Done load={load} label={label} onRestart={onRestart} />;
  const ways = (
    <>
      {onReview && (
        <Button variant="contained" color="primary" onClick={onReview}>
          Back to columns
        </Button>
      )}
      <Button onClick={onRestart}>Other file</Button>
    </>
  );
  if (load.state === 'cancelled') {
    return (
      <EmptyState icon="info" title="The load was cancelled" action={ways}>
        Nothing was stored.
      </EmptyState>
    );
  }
  return (
    <Box sx={{ display: 'grid', gap: 4 }}>
      <ProblemNotice
        // What the server calls it is said of requests.
        problem={{ ...(load.problem ?? problemOf('internal')), title: 'The load failed' }}
      />
      <Box sx={{ color: 'text.secondary' }}>Nothing was stored.</Box>
      <Box sx={{ display: 'flex', gap: 2 }}>{ways}</Box>
    </Box>
  );
}

function Done({ load, label, onRestart }: Omit<Props, 'onReview'>) {
  const [generate, generating] = useGenerateDashboard();
  const { report } = load;
  return (
    <Box sx={{ display: 'grid', gap: 4, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Box
        sx={{
          p: { xs: 4, sm: 6 },
          border: 1,
          borderColor: 'divider',
          borderRadius: 1,
          bgcolor: 'background.paper',
        }}
      >
        <Box sx={{ display: 'flex', alignItems: 'center', gap: 3 }}>
          <Box
            sx={{
              display: 'grid',
              placeItems: 'center',
              width: 36,
              height: 36,
              borderRadius: 999,
              bgcolor: 'surface.accentSoft',
              color: 'success.main',
            }}
          >
            <Icon name="check" size={20} strokeWidth={2.25} />
          </Box>
          <Typography
            component="h2"
            sx={{ fontSize: '1rem', fontWeight: 600, overflowWrap: 'anywhere' }}
          >
            {label} is ready
          </Typography>
        </Box>
        <Numbers load={load} />
        {report?.replayed && (
          <Box sx={{ color: 'text.secondary', mb: 4 }}>
            This file was loaded before; its rows were not added a second time.
          </Box>
        )}
        {report && report.new_columns.length > 0 && (
          <Box sx={{ color: 'text.secondary', mb: 4, overflowWrap: 'anywhere' }}>
            New columns: {report.new_columns.join(', ')}
          </Box>
        )}
        {report && report.widened.length > 0 && (
          <Box sx={{ color: 'text.secondary', mb: 4, overflowWrap: 'anywhere' }}>
            Wider columns:{' '}
            {report.widened
              .map(({ column, from, to }) => `${column} (${from} to ${to})`)
              .join(', ')}
          </Box>
        )}
        <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 2 }}>
          <Button
            variant="contained"
            color="primary"
            startIcon={<Icon name="sparkle" />}
            loading={generating}
            loadingPosition="start"
            onClick={() => void generate(load.dataset)}
          >
            Generate dashboard
          </Button>
          <Button component={RouterLink} to={exploring(load.dataset)}>
            Explore
          </Button>
          <Button component={RouterLink} to={`/datasets/${encodeURIComponent(load.dataset)}`}>
            Open dataset
          </Button>
          <Button variant="text" onClick={onRestart}>
            Upload another
          </Button>
        </Box>
      </Box>
      {report && report.promotions.length > 0 && <Promotions promotions={report.promotions} />}
      {report && report.drift.length > 0 && <NotAsBefore report={report} />}
      {load.rejected > 0 && <Rejected load={load} />}
    </Box>
  );
}

function Numbers({ load }: { load: Load }) {
  const { report } = load;
  const numbers: [string, string][] = [
    ['Rows', formatNumber(load.rows, 'integer')],
    ['Rejected', formatNumber(load.rejected, 'integer')],
  ];
  if (report && report.replaced > 0) {
    numbers.push(['Replaced', formatNumber(report.replaced, 'integer')]);
  }
  // Left out by steps, made missing by the contract.
  if (report && report.left_out > 0) {
    numbers.push(['Left out', formatNumber(report.left_out, 'integer')]);
  }
  if (report && report.nulled > 0) {
    numbers.push(['Made missing', formatNumber(report.nulled, 'integer')]);
  }
  if (report && report.rounded > 0) {
    numbers.push(['Rounded', formatNumber(report.rounded, 'integer')]);
  }
  if (report) {
    numbers.push(
      ['Stored', formatNumber(report.bytes, 'bytes')],
      ['Took', formatElapsed(report.duration_ms)],
    );
  }
  return (
    <Box
      component="dl"
      sx={{
        display: 'grid',
        gridTemplateColumns: { xs: '1fr 1fr', sm: 'repeat(4, auto) 1fr' },
        columnGap: 10,
        rowGap: 3,
        my: 5,
      }}
    >
      {numbers.map(([name, value]) => (
        <Box key={name}>
          <Box component="dt" sx={{ color: 'text.secondary', fontSize: '0.75rem' }}>
            {name}
          </Box>
          <Box
            component="dd"
            sx={{ m: 0, fontSize: '1.25rem', fontWeight: 600, fontVariantNumeric: 'tabular-nums' }}
          >
            {value}
          </Box>
        </Box>
      ))}
    </Box>
  );
}

function Promotions({ promotions }: { promotions: LoadReport['promotions'] }) {
  return (
    <SectionCard
      title="Types that were widened"
      lead="A later value did not fit the first rows, so the type was widened instead of losing the row."
    >
      <Box component="ul" sx={{ m: 0, pl: 5 }}>
        {promotions.map((promotion) => (
          <li key={promotion.column}>
            <strong>{promotion.column}</strong>: {promotion.from} to {promotion.to}
            {promotion.line !== null && `, from line ${formatNumber(promotion.line, 'integer')}`}
          </li>
        ))}
      </Box>
    </SectionCard>
  );
}

/** What is not as it was in the load before; the page of the dataset has more of it. */
function NotAsBefore({ report }: { report: LoadReport }) {
  return (
    <SectionCard
      title="Not as before"
      lead={
        <Link
          component={RouterLink}
          to={`/datasets/${encodeURIComponent(report.dataset)}?tab=loads&load=${report.load_id}`}
        >
          What its rows look like
        </Link>
      }
    >
      <Box component="ul" sx={{ m: 0, pl: 5, overflowWrap: 'anywhere' }}>
        {report.drift.map(({ message }, place) => (
          <li key={place}>{message}</li>
        ))}
      </Box>
    </SectionCard>
  );
}

function Rejected({ load }: { load: Load }) {
  const loadId = load.report?.load_id;
  const rejects = useListRejectsQuery({
    name: load.dataset,
    limit: rejectsShown,
    offset: 0,
    loadId,
  });
  const items = rejects.data?.items ?? [];
  return (
    <Box component="section" aria-label="Rejected rows">
      <Typography component="h2" variant="h2">
        {formatCount(load.rejected, 'rejected row')}
      </Typography>
      <Typography color="textSecondary" sx={{ mb: 3 }}>
        These rows are kept aside and are in no number.{' '}
        <Link
          component={RouterLink}
          to={`/datasets/${encodeURIComponent(load.dataset)}?tab=rejected${loadId ? `&load=${loadId}` : ''}`}
        >
          Correct them and load them again
        </Link>
        , or leave them.
      </Typography>
      {rejects.isError && (
        <ProblemNotice problem={toProblem(rejects.error)} onRetry={() => void rejects.refetch()} />
      )}
      {rejects.isLoading && <LoadingState rows={4} label="Loading rejected rows" />}
      {items.length > 0 && (
        <RejectsTable
          items={items}
          total={rejects.data?.total ?? items.length}
          label="Rejected rows of this load"
          height={320}
        />
      )}
    </Box>
  );
}
