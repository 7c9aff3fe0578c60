// One column and what its values look like: facts, what else there is to show, and the most frequent values with their bars. Where
// each is there once none is frequent, and a list of the first few would say nothing.
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import type { Cell, ColumnType, ValueCount } from '@/api/types';
import { formatNumber } from '@/lib/format';
import type { Fact } from './profile-words';
import { TypeMark } from './type-mark';

const topShown = 5;

export interface ProfileCardProps {
  name: string;
  type: ColumnType;
  facts: readonly Fact[];
  top: readonly ValueCount[];
  text: (value: Cell) => string;
  /** Between the facts and the frequent values. */
  children?: ReactNode;
}

export const profileGrid = {
  listStyle: 'none',
  m: 0,
  p: 0,
  display: 'grid',
  gap: 3,
  alignItems: 'start',
  gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 300px), 1fr))',
};

export function ProfileCard({ name, type, facts, top, text, children }: ProfileCardProps) {
  const shown = top.slice(0, topShown);
  const most = shown[0]?.count ?? 1;
  const allOnce = shown.length > 1 && most === 1;
  return (
    <Box
      component="li"
      sx={{
        display: 'flex',
        flexDirection: 'column',
        p: 4,
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        bgcolor: 'background.paper',
      }}
    >
      <Typography component="h2" variant="h3" sx={{ overflowWrap: 'anywhere', mb: 0.5 }}>
        {name}
      </Typography>
      <Box sx={{ color: 'text.secondary', fontSize: '0.75rem', mb: 2 }}>
        <TypeMark type={type} />
      </Box>
      <Box
        component="dl"
        sx={{
          display: 'grid',
          gridTemplateColumns: 'auto minmax(0, 1fr)',
          columnGap: 4,
          rowGap: 0.5,
          m: 0,
          fontSize: '0.75rem',
          fontVariantNumeric: 'tabular-nums',
          '& dt': { color: 'text.secondary' },
          '& dd': {
            m: 0,
            textAlign: 'right',
            overflow: 'hidden',
            textOverflow: 'ellipsis',
            whiteSpace: 'nowrap',
          },
        }}
      >
        {facts.map(([label, value]) => (
          <Box key={label} sx={{ display: 'contents' }}>
            <dt>{label}</dt>
            <dd title={value}>{value}</dd>
          </Box>
        ))}
      </Box>
      {children}
      {allOnce && (
        <Box
          sx={{
            mt: 3,
            pt: 3,
            borderTop: 1,
            borderColor: 'divider',
            typography: 'caption',
            color: 'text.secondary',
          }}
        >
          No value occurs twice
        </Box>
      )}
      {shown.length > 0 && !allOnce && (
        <Box sx={{ mt: 3, pt: 3, borderTop: 1, borderColor: 'divider' }}>
          <Typography
            component="h3"
            variant="caption"
            color="textSecondary"
            sx={{ mb: 1, display: 'block' }}
          >
            Most frequent
          </Typography>
          <Box
            component="ol"
            sx={{
              listStyle: 'none',
              m: 0,
              p: 0,
              display: 'grid',
              gap: '2px',
              fontSize: '0.75rem',
              fontVariantNumeric: 'tabular-nums',
            }}
          >
            {shown.map(({ value, count }, place) => (
              <Box
                component="li"
                key={`${place} ${String(value)}`}
                sx={{ position: 'relative', display: 'flex', gap: 3, px: 1.5, lineHeight: '22px' }}
              >
                <Box
                  aria-hidden="true"
                  sx={{
                    position: 'absolute',
                    inset: 0,
                    borderRadius: 0.5,
                    bgcolor: 'surface.accentSoft',
                    transformOrigin: 'left',
                  }}
                  style={{ transform: `scaleX(${count / most})` }}
                />
                <Box
                  component="span"
                  sx={{
                    position: 'relative',
                    flex: 1,
                    overflow: 'hidden',
                    textOverflow: 'ellipsis',
                    whiteSpace: 'nowrap',
                  }}
                >
                  {text(value)}
                </Box>
                <Box component="span" sx={{ position: 'relative', color: 'text.secondary' }}>
                  {formatNumber(count, 'integer')}
                </Box>
              </Box>
            ))}
          </Box>
        </Box>
      )}
    </Box>
  );
}
