// What is seldom done to a dataset and takes something away, out of reach of a slip: rows, or all of it. On phones with the other
// ways from its page, for which there is no room beside its name.
import IconButton from '@mui/material/IconButton';
import ListItemIcon from '@mui/material/ListItemIcon';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import useMediaQuery from '@mui/material/useMediaQuery';
import { Suspense, useState } from 'react';
import { Link } from 'react-router';
import { useSession } from '@/api/session-slice';
import type { DatasetDetail } from '@/api/types';
import { chunkComponent } from '@/components/chunk-component';
import { DialogPending } from '@/components/dialog-pending';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';
import { DeleteDatasetDialog } from './deletion/delete-dataset-dialog';

const DeleteRowsDialog = chunkComponent(() => import('./deletion/delete-rows-dialog'));

export interface DatasetWay {
  label: string;
  to: string;
  icon: IconName;
}

interface Props {
  dataset: DatasetDetail;
  /** Where else the page leads. */
  ways?: readonly DatasetWay[];
}

export function DatasetMenu({ dataset, ways = [] }: Props) {
  const phone = useMediaQuery('(max-width: 599px)');
  const isAdmin = useSession().isAtLeast('admin');
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [asking, setAsking] = useState<'rows' | 'dataset' | null>(null);
  const ask = (what: 'rows' | 'dataset'): void => {
    setAnchor(null);
    setAsking(what);
  };
  const close = (): void => setAsking(null);
  return (
    <>
      <IconButton
        aria-label="More actions"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Icon name="more" />
      </IconButton>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        {phone &&
          ways.map(({ label, to, icon }) => (
            <MenuItem key={to} component={Link} to={to}>
              <ListItemIcon>
                <Icon name={icon} size={16} />
              </ListItemIcon>
              {label}
            </MenuItem>
          ))}
        <MenuItem onClick={() => ask('rows')}>
          <ListItemIcon>
            <Icon name="remove" size={16} />
          </ListItemIcon>
          {'Delete rows\u2026'}
        </MenuItem>
        {isAdmin && (
          <MenuItem onClick={() => ask('dataset')}>
            <ListItemIcon>
              <Icon name="trash" size={16} />
            </ListItemIcon>
            {'Delete dataset\u2026'}
          </MenuItem>
        )}
      </Menu>
      {asking === 'rows' && (
        <Suspense fallback={<DialogPending />}>
          <DeleteRowsDialog dataset={dataset} onClose={close} />
        </Suspense>
      )}
      <DeleteDatasetDialog dataset={dataset} open={asking === 'dataset'} onClose={close} />
    </>
  );
}
