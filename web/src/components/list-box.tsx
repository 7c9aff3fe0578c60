// A list of things that have pages of their own: drawn as a grid on wide screens, each row one large link.
import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import type { ComponentProps, ReactNode } from 'react';
import { Link as RouterLink } from 'react-router';
import { ListHead } from './list-head';
import { outlined } from './outlined';
import { RefreshLine } from './states';

/** A number of a row, on wide screens only. */
export const numberCell = {
  color: 'text.secondary',
  textAlign: 'right',
  fontVariantNumeric: 'tabular-nums',
  display: { xs: 'none', md: 'block' },
};

interface ListBoxProps extends ComponentProps<typeof ListHead> {
  label: string;
  fetching: boolean;
  items: ReactNode;
  /** What stands there when nothing is found. */
  children?: ReactNode;
}

export function ListBox({ label, fetching, items, children, ...head }: ListBoxProps) {
  return (
    <Box
      sx={{
        position: 'relative',
        ...outlined,
      }}
    >
      <Box sx={{ position: 'absolute', inset: '0 0 auto 0' }}>
        <RefreshLine active={fetching} />
      </Box>
      <ListHead {...head} />
      <Box component="ul" aria-label={label} sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {items}
      </Box>
      {children}
    </Box>
  );
}

export function ListItem({ grid, children }: { grid: ListBoxProps['grid']; children: ReactNode }) {
  return (
    <Box
      component="li"
      sx={{
        ...grid,
        position: 'relative',
        alignItems: 'center',
        py: 2.5,
        borderTop: 1,
        borderColor: 'divider',
        '&:first-of-type': { borderTopWidth: { xs: 0, md: 1 } },
        '&:hover': { bgcolor: 'surface.sunken' },
      }}
    >
      {children}
    </Box>
  );
}

/** The name of an item. The whole row is the target, the name is what is read out. */
export function ItemLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link
      component={RouterLink}
      to={to}
      color="textPrimary"
      sx={{
        fontWeight: 500,
        overflowWrap: 'anywhere',
        '&::after': { content: '""', position: 'absolute', inset: 0 },
      }}
    >
      {children}
    </Link>
  );
}
