// An entry of a menu or of a list of choices that may be impossible: then it is there, the keyboard reaches it, and it says why.
import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import type { MenuItemProps } from '@mui/material/MenuItem';
import { useId } from 'react';

/** What the menu around such entries needs. */
export const reachesAll = { list: { disabledItemsFocusable: true } };

/** In a field that chooses it also gets `disabled`, by which the field passes over it where it is closed. */
export type PossibleItemProps = MenuItemProps & {
  /** null: it is possible. */
  obstacle: string | null;
};

export function PossibleItem({ obstacle, children, ...rest }: PossibleItemProps) {
  const reasonId = useId();
  if (obstacle === null) return <MenuItem {...rest}>{children}</MenuItem>;
  return (
    <MenuItem
      {...rest}
      disabled
      aria-describedby={reasonId}
      sx={{
        flexWrap: 'wrap',
        columnGap: 2,
        whiteSpace: 'normal',
        // Grey, and not so pale that the reason cannot be read.
        '&.Mui-disabled': { opacity: 1, color: 'text.disabled' },
      }}
    >
      {children}
      {/* Its description, not a part of its name. */}
      <Box
        component="span"
        id={reasonId}
        aria-hidden="true"
        sx={{ typography: 'caption', color: 'text.secondary' }}
      >
        {obstacle}
      </Box>
    </MenuItem>
  );
}
