// What the rows of one load look like, and what is not as it was in the profiled load before it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Link from '@mui/material/Link';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import type { LoadColumnProfile, LoadProfile } from '@/api/types';
import { SectionCard } from '@/components/section-card';
import { formatNumber } from '@/lib/format';
import { ProfileCard, profileGrid } from '../profile-card';
import { factsOf, valueText } from '../profile-words';
import type { ColumnFormats } from '../use-column-formats';
import { useFoundColumns } from '../use-found-columns';
import { DriftChip } from './drift-chip';
import { bySeverity, driftSentence, findingsOfColumn } from './drift-words';
import type { Finding } from './drift-words';
import { Histogram } from './histogram';
import { loadPath } from './load-history';

/** More of them would push the columns away, where each of them stands too. */
const driftShown = 6;

const whole = (count: number): string => formatNumber(count, 'integer');

export interface LoadProfileViewProps {
  profile: LoadProfile;
  formats: ColumnFormats;
}

export function LoadProfileView({ profile, formats }: LoadProfileViewProps) {
  const { rows, sampled_rows: sampled } = profile;
  const { shown, field } = useFoundColumns(profile.columns);
  return (
    <Box sx={{ display: 'grid', gap: 4, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <DriftList profile={profile} />
      <Box sx={{ color: 'text.secondary' }}>
        {sampled < rows
          ? `Missing, smallest and largest are of all ${whole(rows)} rows of the load, everything else of a sample of ${whole(sampled)}.`
          : `Of all ${whole(rows)} rows of the load.`}
      </Box>
      {field && <div>{field}</div>}
      <Box component="ul" aria-label="Profile of the load" sx={profileGrid}>
        {shown.map((column) => (
          <ColumnCard
            key={column.name}
            column={column}
            format={formats.get(column.name) ?? null}
            rows={rows}
            findings={findingsOfColumn(profile, column.name)}
          />
        ))}
      </Box>
    </Box>
  );
}

function DriftList({ profile }: { profile: LoadProfile }) {
  const [all, setAll] = useState(false);
  const { dataset, compared_with: before, drift } = profile;
  const lead =
    before === null ? (
      'The first load with a profile; there is nothing to compare it with.'
    ) : (
      <>
        Compared with{' '}
        <Link component={RouterLink} to={loadPath(dataset, before)}>
          the profiled load before
        </Link>
        .
      </>
    );
  if (drift.length === 0) {
    return (
      <Box sx={{ color: 'text.secondary' }}>
        {lead} {before !== null && <span>Nothing beyond what chance explains.</span>}
      </Box>
    );
  }
  const shown = bySeverity(drift).slice(0, all ? undefined : driftShown);
  return (
    <SectionCard
      title="Not as before"
      lead={lead}
      flush
      actions={
        drift.length > driftShown && (
          <Button size="small" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : `Show all ${whole(drift.length)}`}
          </Button>
        )
      }
    >
      <Box component="ul" aria-label="What is not as before" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {shown.map((finding, place) => (
          <Box
            component="li"
            key={place}
            sx={{
              display: 'grid',
              gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'minmax(0, 2fr) minmax(0, 3fr)' },
              columnGap: 4,
              rowGap: 1,
              alignItems: 'center',
              px: 4,
              py: 2,
              borderTop: 1,
              borderColor: 'divider',
            }}
          >
            <Box sx={{ minWidth: 0 }}>
              <DriftChip drift={finding} />
            </Box>
            <Box sx={{ minWidth: 0, color: 'text.secondary', overflowWrap: 'anywhere' }}>
              {driftSentence(finding)}
            </Box>
          </Box>
        ))}
      </Box>
    </SectionCard>
  );
}

interface ColumnCardProps {
  column: LoadColumnProfile;
  format: string | null;
  rows: number;
  findings: readonly Finding[];
}

function ColumnCard({ column, format, rows, findings }: ColumnCardProps) {
  const { name, type, lengths, sampled_values: values } = column;
  const text = valueText(type, format);
  // Of structs and lists nothing else is known.
  const distinct = values > 0 ? `${whole(column.distinct)} of ${whole(values)}` : null;
  const facts = factsOf(column, { rows, format, distinct });
  if (lengths !== null) {
    const shown = `${whole(lengths.min)} to ${whole(lengths.max)}`;
    facts.push(['Characters', `${shown}, mean ${formatNumber(lengths.mean, 'number')}`]);
  }
  return (
    <ProfileCard name={name} type={type} facts={facts} top={column.top} text={text}>
      {findings.length > 0 && (
        <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mt: 2 }}>
          {findings.map((finding) => (
            <DriftChip key={finding.drift.kind} {...finding} short />
          ))}
        </Box>
      )}
      <Histogram column={name} buckets={column.histogram} text={text} />
    </ProfileCard>
  );
}
