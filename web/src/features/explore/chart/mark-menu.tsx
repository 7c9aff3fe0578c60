// What a mark of a level of a hierarchy opens: only its value, or what lies within it by the next level.
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import type { Cell, Model } from '@/api/types';
import { toggleValue } from '@/lib/filter-words';
import { levelsWithin } from '@/lib/hierarchies';
import { fromMember } from '@/lib/members';
import { valueOf } from '@/lib/result-group';
import { drillInto } from '../drill/drill-edits';
import type { ExploreState } from '../state/explore-state';

export interface Mark {
  member: string;
  value: Cell;
  /** Where it was pressed. */
  at: { left: number; top: number };
}

export interface MarkMenuProps {
  mark: Mark;
  model: Model;
  state: ExploreState;
  change: (edit: (state: ExploreState) => ExploreState) => void;
  onClose: () => void;
}

export default function MarkMenu({ mark, model, state, change, onClose }: MarkMenuProps) {
  const name = fromMember(mark.member, model.name);
  const dimension = model.dimensions.find((entry) => entry.name === name);
  const label = dimension?.label ?? name;
  const value = valueOf({ ...mark, label, type: dimension?.type ?? 'string' });
  const toggled = (filters: ExploreState['filters']) => toggleValue(filters, name, mark.value);
  const goes = toggled(state.filters).length < state.filters.length;
  const choices = [
    ...levelsWithin(model, name).map((level) => ({
      words: `Within ${value}: by ${level.label}`,
      edit: (old: ExploreState) => drillInto(old, mark, level.name),
    })),
    {
      words: goes ? `Not only ${label} ${value}` : `Only ${label} ${value}`,
      edit: (old: ExploreState) => ({ ...old, filters: toggled(old.filters) }),
    },
  ];
  return (
    <Menu
      open
      onClose={onClose}
      anchorReference="anchorPosition"
      anchorPosition={mark.at}
      slotProps={{ list: { dense: true, 'aria-label': `${label} ${value}` } }}
    >
      {choices.map(({ words, edit }) => (
        <MenuItem
          key={words}
          onClick={() => {
            onClose();
            change(edit);
          }}
        >
          {words}
        </MenuItem>
      ))}
    </Menu>
  );
}
