// A list of dimensions, measures, joins or named filters: a line for each, which opens to its fields. What is added comes into
// view with the focus in its first field, because it stands below all others.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import ButtonBase from '@mui/material/ButtonBase';
import IconButton from '@mui/material/IconButton';
import { Suspense, useContext, useEffect, useId, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { flushSync } from 'react-dom';
import type { FieldProblem } from '@/api/types';
import { announce } from '@/components/announcer';
import { SectionCard } from '@/components/section-card';
import { LoadingState } from '@/components/states';
import { Icon } from '@/theme/icons';
import { saidAt } from '../state/places';
import { ReadOnly } from './fields';

export interface ItemListProps<T> {
  title: string;
  lead?: string;
  /** As paths call it: `measures`. */
  list: string;
  /** "measure", after "Add". */
  noun: string;
  items: readonly T[];
  problems: readonly FieldProblem[];
  /** Which is open at first. */
  opened?: number | null;
  nameOf: (item: T) => string;
  summary: (item: T) => string;
  fresh: () => T;
  onChange: (items: T[]) => void;
  children: (item: T, set: (item: T) => void, place: number) => ReactNode;
}

export function ItemList<T>(props: ItemListProps<T>) {
  const { title, lead, list, noun, items, problems, nameOf, summary, fresh, onChange } = props;
  const readOnly = useContext(ReadOnly);
  const [open, setOpen] = useState(props.opened ?? null);
  const [added, setAdded] = useState<number | null>(null);
  const id = useId();
  const add = useRef<HTMLButtonElement>(null);
  const remove = (place: number): void => {
    flushSync(() => {
      setOpen(null);
      setAdded(null);
      onChange(items.filter((_, index) => index !== place));
    });
    announce(`${nameOf(items[place] as T) || noun} was removed`);
    add.current?.focus();
  };
  return (
    <SectionCard
      title={title}
      lead={lead}
      flush
      actions={
        !readOnly && (
          <Button
            ref={add}
            size="small"
            startIcon={<Icon name="add" size={16} />}
            onClick={() => {
              onChange([...items, fresh()]);
              setOpen(items.length);
              setAdded(items.length);
            }}
          >
            Add {noun}
          </Button>
        )
      }
    >
      <Box component="ol" aria-label={title} sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {items.map((item, place) => {
          const said = saidAt(problems, `${list}[${place}]`);
          const isOpen = open === place;
          const name = nameOf(item) || `New ${noun}`;
          const panel = `${id}-${place}`;
          return (
            <Box component="li" key={place} sx={{ borderTop: 1, borderColor: 'divider' }}>
              <Box sx={{ display: 'flex', alignItems: 'center', pr: 2 }}>
                <ButtonBase
                  aria-expanded={isOpen}
                  aria-controls={panel}
                  onClick={() => {
                    setOpen(isOpen ? null : place);
                    setAdded(null);
                  }}
                  sx={{
                    flex: 1,
                    minWidth: 0,
                    minHeight: 40,
                    justifyContent: 'flex-start',
                    gap: 2,
                    px: 4,
                    textAlign: 'left',
                    '&.Mui-focusVisible': { outlineOffset: -2 },
                    '@media (pointer: coarse)': { minHeight: 44 },
                  }}
                >
                  <Icon name={isOpen ? 'up' : 'down'} size={14} />
                  <Box component="span" sx={{ fontWeight: 500, overflowWrap: 'anywhere' }}>
                    {name}
                  </Box>
                  <Box
                    component="span"
                    sx={{
                      flex: 1,
                      minWidth: 0,
                      color: 'text.secondary',
                      overflow: 'hidden',
                      textOverflow: 'ellipsis',
                      whiteSpace: 'nowrap',
                    }}
                  >
                    {summary(item)}
                  </Box>
                </ButtonBase>
                {!readOnly && (
                  <IconButton
                    size="small"
                    aria-label={`Remove ${name}`}
                    onClick={() => remove(place)}
                  >
                    <Icon name="trash" size={16} />
                  </IconButton>
                )}
              </Box>
              {said !== undefined && (
                <Box role="alert" sx={{ color: 'error.main', px: 4, pb: 2 }}>
                  {said}
                </Box>
              )}
              <Box id={panel} role="group" aria-label={name} hidden={!isOpen}>
                {isOpen && (
                  <Box sx={{ display: 'grid', gap: 4, px: 4, pt: 2, pb: 5 }}>
                    <Suspense fallback={<LoadingState rows={2} label="Loading fields" />}>
                      {props.children(
                        item,
                        (next) =>
                          onChange(items.map((entry, index) => (index === place ? next : entry))),
                        place,
                      )}
                      {added === place && <FocusFirst />}
                    </Suspense>
                  </Box>
                )}
              </Box>
            </Box>
          );
        })}
        {items.length === 0 && (
          <Box
            component="li"
            sx={{ borderTop: 1, borderColor: 'divider', px: 4, py: 3, color: 'text.secondary' }}
          >
            There are none.
          </Box>
        )}
      </Box>
    </SectionCard>
  );
}

/** Among fields whose code may still be on its way: once they are there, the first of them has the focus. */
function FocusFirst() {
  const mark = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const item = mark.current?.closest('li');
    // Not to the edge, where the bar that saves lies over it.
    item?.scrollIntoView({ block: 'center' });
    item
      ?.querySelector<HTMLElement>(':is(input, textarea, [role="combobox"]):not(:disabled)')
      ?.focus({ preventScroll: true });
  }, []);
  return <span ref={mark} hidden />;
}
