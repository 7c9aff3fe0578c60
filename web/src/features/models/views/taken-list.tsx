// The members that are listed one by one, in the order in which people see them, each with names, a description and a format of
// its own where it needs them.
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import { useContext, useState } from 'react';
import type { ViewInclude } from '@/api/types';
import { Icon } from '@/theme/icons';
import { formats } from '../state/vocabulary';
import { Fields, ReadOnly, Text } from '../form/fields';
import { MoveButtons } from '../form/move-buttons';
import { MemberSign } from './member-sign';
import { beginningOf, listed, renamed, take, withOrder } from './state/part';
import type { Named, Offer } from './state/part';

export interface TakenListProps {
  part: ViewInclude;
  offers: readonly Offer[];
  onChange: (part: ViewInclude) => void;
}

export function TakenList({ part, offers, onChange }: TakenListProps) {
  const readOnly = useContext(ReadOnly);
  const [open, setOpen] = useState<string | null>(null);
  const members = listed(part);
  if (members.length === 0) return null;
  const beginning = beginningOf(part);
  return (
    <Box role="group" aria-label="In the view">
      <Box sx={{ fontWeight: 600, fontSize: '0.75rem', color: 'text.secondary', mb: 1 }}>
        In the view, in this order
      </Box>
      <Box
        component="ol"
        sx={{
          listStyle: 'none',
          m: 0,
          p: 0,
          border: 1,
          borderColor: 'divider',
          borderRadius: 1,
          '& > li + li': { borderTop: 1, borderColor: 'divider' },
        }}
      >
        {members.map((member, place) => {
          const offer = offers.find(({ name }) => name === member.name);
          const label = member.label || offer?.label || member.name;
          return (
            <Box component="li" key={member.name} sx={{ px: 3, py: 0.5 }}>
              <Box sx={{ display: 'flex', alignItems: 'center', gap: 2, minHeight: 32 }}>
                {offer ? (
                  <MemberSign type={offer.type} />
                ) : (
                  <Box sx={{ display: 'inline-flex', color: 'warning.main' }}>
                    <Icon name="warning" size={16} />
                  </Box>
                )}
                <Box sx={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}>
                  {label}{' '}
                  <Box component="span" sx={{ color: 'text.secondary' }}>
                    {'\u00b7'} {beginning}
                    {member.alias || member.name}
                    {offer ? '' : ' (not there)'}
                  </Box>
                </Box>
                {!readOnly && (
                  <Box sx={{ display: 'flex', flexShrink: 0, mr: -1.5 }}>
                    <MoveButtons
                      name={label}
                      place={place}
                      count={members.length}
                      onMove={(to) => onChange(withOrder(part, place, to))}
                    />
                    <IconButton
                      size="small"
                      aria-label={`Rename ${label}`}
                      aria-expanded={open === member.name}
                      onClick={() => setOpen(open === member.name ? null : member.name)}
                    >
                      <Icon name="edit" size={14} />
                    </IconButton>
                    <IconButton
                      size="small"
                      aria-label={`Leave out ${label}`}
                      onClick={() => onChange(take(part, member.name, false))}
                    >
                      <Icon name="close" size={14} />
                    </IconButton>
                  </Box>
                )}
              </Box>
              {open === member.name && !readOnly && (
                <Box role="group" aria-label={`Names of ${member.name}`} sx={{ pt: 3, pb: 3 }}>
                  <NamesOf
                    member={member}
                    own={offer?.label ?? member.name}
                    hasFormat={offer?.kind !== 'segment'}
                    beginning={beginning}
                    onChange={(next) => onChange(renamed(part, next))}
                  />
                </Box>
              )}
            </Box>
          );
        })}
      </Box>
    </Box>
  );
}

interface NamesOfProps {
  member: Named;
  /** The label in the model. */
  own: string;
  /** Named filters have no values to write. */
  hasFormat: boolean;
  beginning: string;
  onChange: (member: Named) => void;
}

function NamesOf({ member, own, hasFormat, beginning, onChange }: NamesOfProps) {
  return (
    <Fields>
      <Text
        label="Label in the view"
        value={member.label}
        hint={`Left empty: ${own}`}
        onChange={(label) => onChange({ ...member, label })}
      />
      <Text
        label="Name in the view"
        value={member.alias}
        hint={
          beginning === ''
            ? `Left empty: ${member.name}`
            : `Behind ${beginning}; left empty: ${member.name}`
        }
        onChange={(alias) => onChange({ ...member, alias })}
      />
      <Text
        label="Description"
        value={member.description}
        onChange={(description) => onChange({ ...member, description })}
      />
      {(hasFormat || member.format) && (
        <Text
          label="Format"
          value={member.format}
          offers={formats}
          hint="Left empty: that of the model"
          onChange={(format) => onChange({ ...member, format })}
        />
      )}
    </Fields>
  );
}
