// Choosing the state of the data that a dashboard shows: a version of one of its datasets, or any time.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { toProblem } from '@/api/problem';
import type { DatasetVersion, Model } from '@/api/types';
import { useListVersionsInfiniteQuery } from '@/api/versions-api';
import { ErrorState, LoadingState } from '@/components/states';
import { formatCommit } from '@/lib/commit-time';
import { modelOf } from '@/lib/members';
import { operationName, rowChange, versionDetail } from '@/lib/version-words';
import { isView } from '@/lib/views';
import { parseWall, wallText } from './as-of-words';

export interface AsOfPanelProps {
  asOf: string | null;
  zone: string;
  /** What the dashboard asks; more than a few datasets are reached by time. */
  models: readonly Model[];
  onAsOf: (asOf: string | null) => void;
}

interface Named {
  name: string;
  label: string;
}

/** Those of the models, and of the models behind the views, each once. */
function datasetsOf(models: readonly Model[]): Named[] {
  const all = models.flatMap((model) => {
    if (!isView(model)) return [model];
    const used = [...model.view.measures, ...model.view.dimensions];
    const names = new Set(used.map(({ member }) => modelOf(member)));
    return model.sources.filter(({ name }) => names.has(name));
  });
  return [
    ...new Map(
      all.map(({ dataset, label }): [string, Named] => [dataset, { name: dataset, label }]),
    ).values(),
  ];
}

const DATASETS_LISTED = 3;
const VERSIONS_LISTED = 6;

export function AsOfPanel({ asOf, zone, models, onAsOf }: AsOfPanelProps) {
  const [now] = useState(() => Date.now());
  const [typed, setTyped] = useState(() =>
    // Whole seconds are enough to begin with.
    wallText(asOf === null ? now - (now % 1_000) : Date.parse(asOf), zone),
  );
  // Browsers only let milliseconds be seen where the step allows them, and then always.
  const [step] = useState(() => (typed.includes('.') ? 0.001 : 1));
  const parsed = parseWall(typed, zone, now + 1_000);
  const problem = 'problem' in parsed ? parsed.problem : null;
  return (
    <Box sx={{ p: 4, width: { xs: '100%', sm: 420 } }}>
      <Box sx={{ color: 'text.secondary', mb: 4 }}>
        Shows every card with the data that was there at a time. Nothing new appears until you go
        back.
      </Box>
      <Box
        component="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if ('asOf' in parsed) onAsOf(parsed.asOf);
        }}
        sx={{ display: 'flex', gap: 2, alignItems: 'flex-start' }}
      >
        <TextField
          label={`Date and time (${zone})`}
          type="datetime-local"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          error={problem !== null}
          helperText={problem ?? ' '}
          slotProps={{ inputLabel: { shrink: true }, htmlInput: { step } }}
        />
        <Button type="submit" variant="contained" color="primary" disabled={problem !== null}>
          Show
        </Button>
      </Box>
      {datasetsOf(models)
        .slice(0, DATASETS_LISTED)
        .map((dataset) => (
          <VersionChoices key={dataset.name} {...{ dataset, asOf, zone, onAsOf }} />
        ))}
      {asOf !== null && (
        <Button sx={{ mt: 3 }} fullWidth onClick={() => onAsOf(null)}>
          Back to live
        </Button>
      )}
    </Box>
  );
}

/** Versions that changed rows, newest first; the newest of all is what is shown anyway. */
const shownVersions = (versions: readonly DatasetVersion[]): DatasetVersion[] =>
  versions.filter(
    ({ readable, operation }) => readable && operation !== 'compaction' && operation !== 'settings',
  );

function VersionChoices({
  dataset,
  asOf,
  zone,
  onAsOf,
}: Pick<AsOfPanelProps, 'asOf' | 'zone' | 'onAsOf'> & {
  dataset: Named;
}) {
  const versions = useListVersionsInfiniteQuery(dataset.name);
  const [all, setAll] = useState(false);
  if (versions.data === undefined) {
    return versions.isError ? (
      <ErrorState
        dense
        problem={toProblem(versions.error)}
        onRetry={() => void versions.refetch()}
      />
    ) : (
      <LoadingState rows={3} label={`Loading versions of ${dataset.label}`} />
    );
  }
  const found = shownVersions(versions.data.pages.flatMap((page) => page.items));
  const shown = all ? found : found.slice(0, VERSIONS_LISTED);
  const headingId = `versions-of-${dataset.name}`;
  return (
    <Box role="group" aria-labelledby={headingId} sx={{ mt: 1 }}>
      <Box id={headingId} sx={{ typography: 'caption', color: 'text.secondary', mb: 1 }}>
        What happened to {dataset.label}
      </Box>
      <Box sx={{ display: 'grid', gap: 1, maxHeight: 320, overflow: 'auto', p: '2px', m: '-2px' }}>
        {shown.map((version) => {
          const at = new Date(version.committed_at).toISOString();
          const chosen = at === asOf;
          return (
            <Button
              key={version.version}
              size="small"
              aria-pressed={chosen}
              onClick={() => onAsOf(at)}
              sx={{
                justifyContent: 'flex-start',
                textAlign: 'left',
                py: 1,
                ...(chosen ? { borderColor: 'primary.main', bgcolor: 'surface.accentSoft' } : {}),
              }}
            >
              <Box component="span" sx={{ minWidth: 0 }}>
                <Box component="span" sx={{ display: 'block' }}>
                  {formatCommit(version.committed_at, zone)}
                </Box>
                <Box
                  component="span"
                  sx={{
                    display: 'block',
                    typography: 'caption',
                    color: 'text.secondary',
                    overflowWrap: 'anywhere',
                  }}
                >
                  {[operationName(version.operation), versionDetail(version), rowChange(version)]
                    .filter(Boolean)
                    .join(' \u00b7 ')}
                </Box>
              </Box>
            </Button>
          );
        })}
      </Box>
      {found.length > shown.length && (
        <Button size="small" variant="text" sx={{ mt: 1 }} onClick={() => setAll(true)}>
          Show {found.length - shown.length} older
        </Button>
      )}
    </Box>
  );
}
