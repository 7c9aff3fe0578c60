// How often values of a column lie where: one bar a bucket, its ends below. Drawn without axes, because it says a shape and
// not numbers; those are told to who points at a bar or hears the page.
import Box from '@mui/material/Box';
import type { Cell, HistogramBucket } from '@/api/types';
import { formatNumber } from '@/lib/format';

const heightPx = 44;

export interface HistogramProps {
  column: string;
  buckets: readonly HistogramBucket[];
  text: (value: Cell) => string;
}

export function Histogram({ column, buckets, text }: HistogramProps) {
  const [first] = buckets;
  const last = buckets.at(-1);
  // One bucket has no shape.
  if (first === undefined || last === undefined || buckets.length < 2) return null;
  const most = buckets.reduce((best, bucket) => (bucket.count > best.count ? bucket : best), first);
  const span = ({ from, to }: HistogramBucket) => `${text(from)} to ${text(to)}`;
  return (
    <Box sx={{ mt: 3 }}>
      <Box
        role="img"
        aria-label={`Histogram of ${column}: ${span({ ...first, to: last.to })}, most values from ${span(most)}`}
        sx={{ display: 'flex', alignItems: 'flex-end', gap: '1px', height: heightPx }}
      >
        {buckets.map((bucket, place) => (
          <Box
            key={place}
            title={`${span(bucket)}: ${formatNumber(bucket.count, 'integer')}`}
            sx={{ flex: 1, height: '100%', display: 'flex', alignItems: 'flex-end' }}
          >
            <Box
              sx={{ width: '100%', borderRadius: '1px 1px 0 0', bgcolor: 'primary.main' }}
              style={{
                // What is there is seen, however little it is.
                height:
                  bucket.count === 0 ? 0 : Math.max(1, (bucket.count / most.count) * heightPx),
              }}
            />
          </Box>
        ))}
      </Box>
      <Box
        aria-hidden="true"
        sx={{
          display: 'flex',
          justifyContent: 'space-between',
          gap: 2,
          pt: 0.5,
          borderTop: 1,
          borderColor: 'divider',
          color: 'text.secondary',
          fontSize: '0.6875rem',
          fontVariantNumeric: 'tabular-nums',
        }}
      >
        <span>{text(first.from)}</span>
        <span>{text(last.to)}</span>
      </Box>
    </Box>
  );
}
