// Members of a model to tick: dimensions, measures and named filters, each kind with all and none of it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import TextField from '@mui/material/TextField';
import { useContext, useId, useState } from 'react';
import type { Model, ViewInclude } from '@/api/types';
import { ReadOnly } from '../form/fields';
import { MemberSign } from './member-sign';
import { isTaken, take, takeAll } from './state/part';
import type { MemberKind, Offer } from './state/part';

// Below this many, looking is quicker than searching.
const searchFrom = 12;

const kinds: { kind: MemberKind; title: string }[] = [
  { kind: 'dimension', title: 'Dimensions' },
  { kind: 'measure', title: 'Measures' },
  { kind: 'segment', title: 'Named filters' },
];

export interface MemberPickerProps {
  part: ViewInclude;
  model: Model;
  offers: readonly Offer[];
  /** The path calls the model otherwise than by its name. */
  aliased: boolean;
  onChange: (part: ViewInclude) => void;
}

export function MemberPicker({ part, model, offers, aliased, onChange }: MemberPickerProps) {
  const readOnly = useContext(ReadOnly);
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const shown = offers.filter(({ name, label }) =>
    `${name} ${label}`.toLowerCase().includes(wanted),
  );
  return (
    <Box sx={{ display: 'grid', gap: 4 }}>
      {offers.length >= searchFrom && (
        <TextField
          size="small"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          placeholder="Find a member"
          slotProps={{ htmlInput: { 'aria-label': 'Find a member' } }}
          sx={{ maxWidth: 320 }}
        />
      )}
      {kinds.map(({ kind, title }) => {
        const all = offers.filter((offer) => offer.kind === kind);
        const listed = shown.filter((offer) => offer.kind === kind);
        if (listed.length === 0) return null;
        // A row here is not one of the other model, so it would be counted as often as it is met.
        const refused = aliased && kind === 'measure';
        const taken = refused ? 0 : all.filter(({ name }) => isTaken(part, name)).length;
        const set = (on: boolean): void =>
          onChange(
            takeAll(
              part,
              listed.map(({ name }) => name),
              on,
            ),
          );
        return (
          <Box key={kind} role="group" aria-label={title}>
            <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, minHeight: 32, mb: 0.5 }}>
              <Box sx={{ fontWeight: 600, fontSize: '0.75rem', color: 'text.secondary', flex: 1 }}>
                {title} {'\u00b7'} {taken} of {all.length}
              </Box>
              {!readOnly && !refused && (
                <>
                  <Button
                    size="small"
                    variant="text"
                    aria-label={`All ${title.toLowerCase()}`}
                    onClick={() => set(true)}
                  >
                    All
                  </Button>
                  <Button
                    size="small"
                    variant="text"
                    aria-label={`None of the ${title.toLowerCase()}`}
                    onClick={() => set(false)}
                  >
                    None
                  </Button>
                </>
              )}
            </Box>
            {refused ? (
              <Box sx={{ typography: 'body2', color: 'text.secondary' }}>
                Measures are taken from a path that ends with {model.name}: they count all of its
                rows, and not those that this join leads to.
              </Box>
            ) : (
              <Box
                component="ul"
                sx={{
                  listStyle: 'none',
                  m: 0,
                  p: 0,
                  display: 'grid',
                  columnGap: 4,
                  gridTemplateColumns: {
                    xs: 'minmax(0, 1fr)',
                    sm: 'repeat(2, minmax(0, 1fr))',
                    lg: 'repeat(3, minmax(0, 1fr))',
                  },
                }}
              >
                {listed.map((offer) => (
                  <OfferItem
                    key={offer.name}
                    offer={offer}
                    taken={isTaken(part, offer.name)}
                    onTake={(on) => onChange(take(part, offer.name, on))}
                  />
                ))}
              </Box>
            )}
          </Box>
        );
      })}
      {shown.length === 0 && (
        <Box sx={{ color: 'text.secondary' }}>
          {offers.length === 0
            ? 'The model has no members.'
            : `No member is called \u201c${search.trim()}\u201d.`}
        </Box>
      )}
    </Box>
  );
}

interface OfferItemProps {
  offer: Offer;
  taken: boolean;
  onTake: (taken: boolean) => void;
}

function OfferItem({ offer, taken, onTake }: OfferItemProps) {
  const readOnly = useContext(ReadOnly);
  const id = useId();
  return (
    <Box
      component="li"
      sx={{
        display: 'flex',
        alignItems: 'center',
        gap: 2,
        minWidth: 0,
        minHeight: 32,
        '@media (pointer: coarse)': { minHeight: 44 },
      }}
    >
      <Checkbox
        size="small"
        id={id}
        checked={taken}
        disabled={readOnly}
        onChange={(event) => onTake(event.target.checked)}
        sx={{ p: 1, ml: -1 }}
      />
      <MemberSign type={offer.type} />
      <Box
        component="label"
        htmlFor={id}
        title={offer.name}
        sx={{
          flex: 1,
          minWidth: 0,
          py: 1,
          overflow: 'hidden',
          textOverflow: 'ellipsis',
          whiteSpace: 'nowrap',
        }}
      >
        {offer.label || offer.name}
      </Box>
    </Box>
  );
}
