// Statements that were run; a click takes one back into the editor.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import ButtonBase from '@mui/material/ButtonBase';
import { formatAge, formatCount, formatElapsed } from '@/lib/format';
import type { PastStatement } from './statement-history';

export interface HistoryListProps {
  history: readonly PastStatement[];
  onTake: (sql: string) => void;
  onClear: () => void;
}

export function HistoryList({ history, onTake, onClear }: HistoryListProps) {
  if (history.length === 0) {
    return (
      <Box sx={{ color: 'text.secondary', p: 2 }}>
        What you run is listed here, in this browser only.
      </Box>
    );
  }
  return (
    <>
      <Box component="ul" aria-label="History" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {history.map(({ sql, at, rows, ms }) => (
          <li key={`${at} ${sql}`}>
            <ButtonBase
              onClick={() => onTake(sql)}
              title={sql}
              sx={{
                display: 'block',
                width: '100%',
                p: 2,
                borderRadius: 1,
                textAlign: 'left',
                '&:hover': { bgcolor: 'surface.sunken' },
                '&.Mui-focusVisible': { outlineOffset: -2 },
              }}
            >
              <Box
                component="code"
                sx={{
                  display: '-webkit-box',
                  WebkitLineClamp: 3,
                  WebkitBoxOrient: 'vertical',
                  overflow: 'hidden',
                  overflowWrap: 'anywhere',
                  fontFamily: 'ui-monospace, monospace',
                  fontSize: '0.75rem',
                }}
              >
                {sql}
              </Box>
              <Box component="span" sx={{ typography: 'caption', color: 'text.secondary' }}>
                {[
                  formatAge(at),
                  rows === null ? 'no answer' : formatCount(rows, 'row'),
                  formatElapsed(ms),
                ].join(' \u00b7 ')}
              </Box>
            </ButtonBase>
          </li>
        ))}
      </Box>
      <Button size="small" variant="text" onClick={onClear} sx={{ mt: 1 }}>
        Clear history
      </Button>
    </>
  );
}
