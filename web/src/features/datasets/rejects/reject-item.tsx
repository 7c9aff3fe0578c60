// One rejected row: where it stood, what was wrong, how it came, and the load that brought it corrected.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Link from '@mui/material/Link';
import { Link as RouterLink } from 'react-router';
import type { RejectedRow } from '@/api/types';
import { formatNumber } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { beginning, faultText } from './reject-words';

export interface RejectItemProps {
  dataset: string;
  reject: RejectedRow;
  /** The rule that it broke. */
  rule: string | null;
  /** null where something stands in the way. */
  onCorrect: (() => void) | null;
}

export function RejectItem({ dataset, reject, rule, onCorrect }: RejectItemProps) {
  const line = formatNumber(reject.line, 'integer');
  return (
    <Box
      component="li"
      sx={{
        display: 'grid',
        gridTemplateColumns: { xs: '1fr auto', md: '110px minmax(0, 1fr) auto' },
        columnGap: 4,
        rowGap: 1,
        alignItems: 'start',
        px: 4,
        py: 3,
        borderTop: 1,
        borderColor: 'divider',
        '&:first-of-type': { borderTopWidth: 0 },
      }}
    >
      <Box sx={{ fontWeight: 600, fontVariantNumeric: 'tabular-nums', pt: { md: '3px' } }}>
        Line {line}
      </Box>
      <Box sx={{ minWidth: 0, gridRow: { xs: 2, md: 1 }, gridColumn: { xs: '1 / -1', md: 2 } }}>
        <Box sx={{ overflowWrap: 'anywhere', pt: { md: '3px' } }}>{faultText(reject)}</Box>
        {rule !== null && (
          <Box sx={{ color: 'text.secondary', fontSize: '0.75rem', overflowWrap: 'anywhere' }}>
            {rule}
          </Box>
        )}
        {reject.raw !== '' && (
          <Box
            component="code"
            sx={{
              display: 'block',
              mt: 1,
              fontFamily: 'ui-monospace, monospace',
              fontSize: '0.75rem',
              color: 'text.secondary',
              overflowWrap: 'anywhere',
              whiteSpace: 'pre-wrap',
              maxHeight: 96,
              overflow: 'hidden',
            }}
          >
            {beginning(reject.raw)}
          </Box>
        )}
      </Box>
      <Box sx={{ justifySelf: 'end' }}>
        {reject.replayed_by !== null ? (
          <Box
            sx={{
              display: 'flex',
              alignItems: 'center',
              gap: 1.5,
              minHeight: 30,
              color: 'success.main',
            }}
          >
            <Icon name="check" size={16} />
            <Link
              component={RouterLink}
              to={`/datasets/${encodeURIComponent(dataset)}?tab=loads&load=${reject.replayed_by}`}
              aria-label={`Load that brought line ${line} corrected`}
              sx={{ color: 'inherit' }}
            >
              Corrected
            </Link>
          </Box>
        ) : (
          onCorrect && (
            <Button size="small" aria-label={`Correct line ${line}`} onClick={onCorrect}>
              Correct
            </Button>
          )
        )}
      </Box>
    </Box>
  );
}
