// "About this number": which data answered, how complete and how exact it is, what it cost, and the
// query itself.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import { useId } from 'react';
import type { Provenance, SemanticQuery } from '@/api/types';
import { rangeLabel } from '@/lib/range-label';
import { formatAge, formatElapsed, formatInstant, formatNumber } from '@/lib/format';

export interface ProvenanceDialogProps {
  title: string;
  provenance: Provenance;
  query: SemanticQuery;
  confirmedAt: number;
  requestId: string | null;
  onClose: () => void;
}

const count = (value: number): string => formatNumber(value, 'integer', 'full');

export function provenanceRows(provenance: Provenance, confirmedAt: number): [string, string][] {
  const zone = provenance.timezone;
  const range = provenance.time_range;
  const total = provenance.stages.reduce((sum, stage) => sum + stage.duration_us, 0);
  const micro = (us: number): string => (us < 1_000 ? `${us} µs` : formatElapsed(us / 1_000));
  return [
    ['Dataset', `${provenance.dataset}, version ${provenance.version}`],
    ['Checked', formatAge(confirmedAt)],
    [
      'Data until',
      provenance.complete_until
        ? formatInstant(provenance.complete_until, zone, 'minute')
        : 'not known',
    ],
    ...(provenance.retained_from
      ? [
          ['Rows kept from', formatInstant(provenance.retained_from, zone, 'minute')] as [
            string,
            string,
          ],
        ]
      : []),
    ['Range', range ? rangeLabel(Date.parse(range.from), Date.parse(range.to), zone) : 'all time'],
    ['Time zone', zone],
    ['Exact', provenance.exact ? 'yes' : 'no, estimated'],
    [
      'Rows in the answer',
      `${provenance.total_rows === null ? 'not counted' : count(provenance.total_rows)}${provenance.truncated ? ', cut at the limit' : ''}`,
    ],
    ['Rows scanned', count(provenance.rows_scanned)],
    [
      'Segments',
      `${count(provenance.segments_read)} read, ${count(provenance.segments_reused)} reused, ${count(provenance.segments_pruned)} skipped, of ${count(provenance.segments_total)}`,
    ],
    ['Read', formatNumber(provenance.bytes_read, 'bytes', 'full')],
    [
      'Row filter',
      provenance.row_filter_applied ? 'applied: you see your part of the data' : 'none',
    ],
    ['Time taken', micro(total)],
    ...provenance.stages.map((stage): [string, string] => [
      `  ${stage.name}`,
      micro(stage.duration_us),
    ]),
  ];
}

export function ProvenanceDialog(props: ProvenanceDialogProps) {
  const titleId = useId();
  const rows = provenanceRows(props.provenance, props.confirmedAt);
  return (
    <Dialog open onClose={props.onClose} aria-labelledby={titleId} maxWidth="sm" fullWidth>
      <DialogTitle id={titleId} variant="h1">
        About this number: {props.title}
      </DialogTitle>
      <DialogContent>
        <Box
          component="dl"
          sx={{
            display: 'grid',
            gridTemplateColumns: 'auto 1fr',
            columnGap: 5,
            rowGap: 1,
            m: 0,
            fontVariantNumeric: 'tabular-nums',
          }}
        >
          {rows.map(([name, value]) => (
            <Box key={name} sx={{ display: 'contents' }}>
              <Box
                component="dt"
                sx={{ color: 'text.secondary', pl: name.startsWith('  ') ? 4 : 0 }}
              >
                {name.trim()}
              </Box>
              <Box component="dd" sx={{ m: 0 }}>
                {value}
              </Box>
            </Box>
          ))}
        </Box>
        <Box component="h3" sx={{ typography: 'h3', mt: 5, mb: 1.5 }}>
          Query
        </Box>
        <Box
          component="pre"
          tabIndex={0}
          aria-label="Query"
          sx={{
            m: 0,
            p: 3,
            borderRadius: 1,
            bgcolor: 'surface.sunken',
            fontFamily: 'ui-monospace, monospace',
            fontSize: '0.75rem',
            overflow: 'auto',
            maxHeight: 240,
          }}
        >
          {JSON.stringify(props.query, null, 2)}
        </Box>
        {props.requestId && (
          <Box sx={{ typography: 'caption', color: 'text.secondary', mt: 2 }}>
            Request {props.requestId}
          </Box>
        )}
      </DialogContent>
      <DialogActions sx={{ px: 6, pb: 5 }}>
        <Button onClick={props.onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
