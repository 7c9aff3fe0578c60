// What to look at before one goes on, a sentence each, under what it is about.
import Box from '@mui/material/Box';
import { Icon } from '@/theme/icons';

export interface WarningListProps {
  title: string;
  items: readonly string[];
  /** An alert is read out when it comes; a note when one comes to it. */
  role: 'alert' | 'note';
  label?: string;
  /** Room below it. */
  below?: number;
}

export function WarningList({ title, items, role, label, below = 0 }: WarningListProps) {
  return (
    <Box
      role={role}
      aria-label={label}
      sx={{
        display: 'flex',
        gap: 3,
        p: 3,
        mb: below,
        border: 1,
        borderColor: 'divider',
        borderLeft: '3px solid',
        borderLeftColor: 'warning.main',
        borderRadius: 1,
        bgcolor: 'background.paper',
      }}
    >
      <Box sx={{ color: 'warning.main', pt: '1px' }}>
        <Icon name="warning" />
      </Box>
      <Box sx={{ minWidth: 0 }}>
        <Box sx={{ fontWeight: 600 }}>{title}</Box>
        <Box component="ul" sx={{ m: 0, pl: 4, color: 'text.secondary', overflowWrap: 'anywhere' }}>
          {[...new Set(items)].map((item) => (
            <li key={item}>{item}</li>
          ))}
        </Box>
      </Box>
    </Box>
  );
}
