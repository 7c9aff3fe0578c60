// The menu of a card: look at the numbers, take them along, ask where they come from; in edit mode
// also move, size, duplicate and delete.
import Divider from '@mui/material/Divider';
import IconButton from '@mui/material/IconButton';
import ListItemIcon from '@mui/material/ListItemIcon';
import Menu from '@mui/material/Menu';
import { useState } from 'react';
import { PossibleItem, reachesAll } from '@/components/possible-item';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';

export interface CardMenuItem {
  label: string;
  icon: IconName;
  run: () => void;
  /** Why it cannot be done now. */
  obstacle?: string | null;
  /** Draws a line above. */
  divided?: boolean;
}

export function CardMenu({ title, items }: { title: string; items: readonly CardMenuItem[] }) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  // Most menus are never opened; from the first time on it stays, for its way of closing.
  const [used, setUsed] = useState(false);
  return (
    <>
      <IconButton
        size="small"
        data-picture="none"
        data-paper="none"
        aria-label={`Menu of ${title}`}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={(event) => {
          setUsed(true);
          setAnchor(event.currentTarget);
        }}
        sx={{ m: -1, color: 'text.secondary' }}
      >
        <Icon name="more" size={16} />
      </IconButton>
      {used && (
        <Menu
          anchorEl={anchor}
          open={anchor !== null}
          onClose={() => setAnchor(null)}
          slotProps={reachesAll}
        >
          {items.flatMap((item) => [
            ...(item.divided ? [<Divider key={`${item.label} line`} />] : []),
            <PossibleItem
              key={item.label}
              obstacle={item.obstacle ?? null}
              onClick={() => {
                setAnchor(null);
                item.run();
              }}
            >
              <ListItemIcon>
                <Icon name={item.icon} size={16} />
              </ListItemIcon>
              {item.label}
            </PossibleItem>,
          ])}
        </Menu>
      )}
    </>
  );
}
