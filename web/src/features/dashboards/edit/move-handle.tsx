// The handle of a card: dragged by mouse, and a button for the keyboard. Arrows move, Shift+arrows
// resize, Escape puts the card back where it was when the handle got the focus.
import Box from '@mui/material/Box';
import { useRef } from 'react';
import type { KeyboardEvent } from 'react';
import type { WidgetLayout } from '@/api/types';
import { announce } from '@/components/announcer';
import { Icon } from '@/theme/icons';
import type { Direction } from './layout-moves';

export interface MoveHandleProps {
  title: string;
  layout: WidgetLayout;
  /** All steps of one visit to the handle are one undo step. */
  onStep: (direction: Direction, sized: boolean, session: string) => void;
  onRevert: (session: string) => void;
  onSettled: () => void;
}

const directions: Record<string, Direction> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

let visits = 0;

export const placeWords = (layout: WidgetLayout): string =>
  `column ${layout.x + 1}, row ${layout.y + 1}, ${layout.w} wide, ${layout.h} high`;

export function MoveHandle({ title, layout, onStep, onRevert, onSettled }: MoveHandleProps) {
  const session = useRef('');
  const begin = (): void => {
    visits += 1;
    session.current = `handle ${visits}`;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (session.current === '') begin();
    const direction = directions[event.key];
    if (direction) {
      event.preventDefault();
      event.stopPropagation();
      onStep(direction, event.shiftKey, session.current);
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      onRevert(session.current);
      begin();
      announce(`${title}: put back`);
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onSettled();
      begin();
      announce(`${title}: ${placeWords(layout)}`);
    }
  };
  return (
    <Box
      component="button"
      type="button"
      className="card-handle"
      aria-label={`Move ${title}`}
      aria-description={`At ${placeWords(layout)}. Arrow keys move, Shift and arrow keys resize, Escape puts back.`}
      onFocus={begin}
      onBlur={onSettled}
      onKeyDown={onKeyDown}
      sx={{
        all: 'unset',
        display: 'grid',
        placeItems: 'center',
        width: 24,
        height: 24,
        ml: -1,
        borderRadius: 0.5,
        color: 'text.secondary',
        cursor: 'grab',
        touchAction: 'none',
        '&:hover': { bgcolor: 'surface.sunken' },
        '&:focus-visible': { outline: '2px solid var(--tm-palette-primary-main)' },
        '@media (pointer: coarse)': { width: 44, height: 44 },
      }}
    >
      <Icon name="drag" size={16} />
    </Box>
  );
}
