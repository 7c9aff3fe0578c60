// The segments of a dataset that may hold rows of an answer, as blocks over time: the taller, the more rows. A picture
// beside the sentence that says the same, so hidden from who does not see it.
import Box from '@mui/material/Box';
import type { DatasetLineage } from '@/api/types';
import { formatInstant } from '@/lib/format';

const height = 36;
const least = 4;

export interface Block {
  left: number;
  width: number;
  height: number;
}

/** Places in percent of the whole width, heights in pixels. Nothing where no time is known, or only one. */
export function blocksOf(dataset: DatasetLineage): { blocks: Block[]; from: number; to: number } {
  const segments = dataset.commits
    .flatMap((commit) => commit.segments)
    .flatMap(({ rows, time_range: range }) =>
      range === null ? [] : [{ rows, from: Date.parse(range.from), to: Date.parse(range.to) }],
    );
  const from = Math.min(...segments.map((segment) => segment.from));
  const to = Math.max(...segments.map((segment) => segment.to));
  if (segments.length < 2 || !(to > from)) return { blocks: [], from: 0, to: 0 };
  const most = Math.max(...segments.map((segment) => segment.rows));
  const blocks = segments.map((segment) => ({
    left: ((segment.from - from) / (to - from)) * 100,
    width: ((segment.to - segment.from) / (to - from)) * 100,
    height: Math.max(least, most === 0 ? 0 : (segment.rows / most) * height),
  }));
  return { blocks, from, to };
}

export function SegmentStrip({ dataset, zone }: { dataset: DatasetLineage; zone: string }) {
  const { blocks, from, to } = blocksOf(dataset);
  if (blocks.length === 0) return null;
  return (
    <Box aria-hidden="true" sx={{ mt: 2 }}>
      <Box
        sx={{
          position: 'relative',
          height,
          borderBottom: 1,
          borderColor: 'surface.border',
          overflow: 'hidden',
        }}
      >
        {blocks.map((block, place) => (
          <Box
            key={place}
            sx={{
              position: 'absolute',
              bottom: 0,
              minWidth: 3,
              bgcolor: 'primary.main',
              opacity: 0.55,
              borderRadius: '2px 2px 0 0',
            }}
            style={{
              left: `min(${block.left}%, calc(100% - 3px))`,
              width: `calc(${block.width}% - 1px)`,
              height: block.height,
            }}
          />
        ))}
      </Box>
      <Box
        sx={{
          display: 'flex',
          justifyContent: 'space-between',
          typography: 'caption',
          color: 'text.secondary',
        }}
      >
        <span>{formatInstant(from, zone, 'day')}</span>
        <span>{formatInstant(to, zone, 'day')}</span>
      </Box>
    </Box>
  );
}
