// What a cell opens: its rows, the next level within its values, only these, without them, a look inside its time, or its group
// by something else.
import Divider from '@mui/material/Divider';
import ListItemIcon from '@mui/material/ListItemIcon';
import ListSubheader from '@mui/material/ListSubheader';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Model } from '@/api/types';
import { levelsWithin } from '@/lib/hierarchies';
import { fromMember } from '@/lib/members';
import { groupTitle, valueOf } from '@/lib/result-group';
import type { CellGroup } from '@/lib/result-group';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';
import type { ExploreState } from '../state/explore-state';
import { isTime } from '../state/fit';
import type { Span } from './bucket-span';
import { breakDown, drillInto, keepOnly, leaveOut, zoomInto } from './drill-edits';

export interface DrillMenuProps {
  anchor: HTMLElement;
  group: CellGroup;
  model: Model;
  state: ExploreState;
  /** That of the answer. */
  range: Span | null;
  change: (edit: (state: ExploreState) => ExploreState) => void;
  /** null: they can be listed; else why not. */
  rowsProblem: string | null;
  onRows: () => void;
  onOrigin: () => void;
  onClose: () => void;
}

export function DrillMenu(props: DrillMenuProps) {
  const { anchor, group, model, state, range, change, rowsProblem, onRows, onOrigin, onClose } =
    props;
  const [choosing, setChoosing] = useState(false);
  const { bucket } = group;
  const taken = new Set(group.members.map(({ member }) => fromMember(member, model.name)));
  const others = model.dimensions.filter(({ name, type }) => !taken.has(name) && !isTime(type));
  const heading = choosing ? 'Break down by' : groupTitle(group, state.zone);
  const item = (
    key: string,
    icon: IconName,
    words: ReactNode,
    run: () => void,
    { disabled = false, stays = false, first = false } = {},
  ) => (
    <MenuItem
      key={key}
      autoFocus={first}
      disabled={disabled}
      onClick={() => {
        if (!stays) onClose();
        run();
      }}
      sx={{ whiteSpace: 'normal' }}
    >
      <ListItemIcon>
        <Icon name={icon} size={16} />
      </ListItemIcon>
      {words}
    </MenuItem>
  );
  return (
    <Menu
      anchorEl={anchor}
      open
      onClose={onClose}
      slotProps={{
        paper: { role: 'dialog', 'aria-label': heading, sx: { maxWidth: 360, maxHeight: 420 } },
        // Why rows cannot be shown is read where it stands.
        list: { dense: true, disabledItemsFocusable: true, 'aria-label': heading },
      }}
    >
      <ListSubheader
        component="li"
        role="presentation"
        aria-hidden="true"
        sx={{ lineHeight: 1.5, py: 1, bgcolor: 'inherit', position: 'static' }}
      >
        {heading}
      </ListSubheader>
      {choosing
        ? others.map(({ name, label }, at) =>
            item(
              name,
              'chart',
              label,
              () => change((old) => breakDown(old, group, name, range)),
              // What was chosen is gone, and the focus with it.
              { first: at === 0 },
            ),
          )
        : [
            item(
              'rows',
              'table',
              rowsProblem === null ? 'Show the rows' : `Rows cannot be shown: ${rowsProblem}`,
              onRows,
              { disabled: rowsProblem !== null, stays: true },
            ),
            item('origin', 'info', 'Where does this number come from?', onOrigin, { stays: true }),
            ...group.members.flatMap((member) =>
              levelsWithin(model, fromMember(member.member, model.name)).map(({ name, label }) =>
                item(
                  `into ${member.member} ${name}`,
                  'down',
                  `Within ${valueOf(member)}: by ${label}`,
                  () => change((old) => drillInto(old, member, name)),
                ),
              ),
            ),
            others.length > 0 && (
              <MenuItem key="break" aria-haspopup="menu" onClick={() => setChoosing(true)}>
                <ListItemIcon>
                  <Icon name="chart" size={16} />
                </ListItemIcon>
                Break down by…
              </MenuItem>
            ),
            bucket !== null &&
              bucket.grain !== 'second' &&
              item('zoom', 'search', 'Look inside this time', () =>
                change((old) => zoomInto(old, bucket, range)),
              ),
            group.members.length > 0 && <Divider key="line" />,
            ...group.members.flatMap((member) => [
              item(
                `only ${member.member}`,
                'filter',
                `Only ${member.label} ${valueOf(member)}`,
                () => change((old) => keepOnly(old, member)),
              ),
              item(
                `without ${member.member}`,
                'close',
                `Without ${member.label} ${valueOf(member)}`,
                () => change((old) => leaveOut(old, member)),
              ),
            ]),
          ]}
    </Menu>
  );
}
