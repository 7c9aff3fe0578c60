// The one thing that a page is for doing next, where that is on another page.
import Button from '@mui/material/Button';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';

export interface LinkButtonProps {
  to: string;
  icon?: IconName;
  children: ReactNode;
}

export function LinkButton({ to, icon, children }: LinkButtonProps) {
  return (
    <Button
      component={Link}
      to={to}
      variant="contained"
      color="primary"
      startIcon={icon && <Icon name={icon} />}
    >
      {children}
    </Button>
  );
}
