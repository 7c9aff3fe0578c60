// Moves something in its list by one place. What is moved keeps the focus, so that it can be moved on.
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import { useRef } from 'react';
import { flushSync } from 'react-dom';
import { announce } from '@/components/announcer';
import { Icon } from '@/theme/icons';

export interface MoveButtonsProps {
  /** What is moved, in words. */
  name: string;
  place: number;
  count: number;
  onMove: (to: number) => void;
}

export function MoveButtons({ name, place, count, onMove }: MoveButtonsProps) {
  const up = useRef<HTMLButtonElement>(null);
  const down = useRef<HTMLButtonElement>(null);
  const move = (to: number): void => {
    flushSync(() => onMove(to));
    announce(`${name} is number ${to + 1} of ${count}`);
    // At an end one of the two cannot be used any more.
    const wanted = to < place ? up.current : down.current;
    const other = to < place ? down.current : up.current;
    (wanted?.disabled ? other : wanted)?.focus();
  };
  return (
    <Box sx={{ display: 'flex', flexShrink: 0 }}>
      <IconButton
        ref={up}
        size="small"
        aria-label={`Move ${name} up`}
        disabled={place === 0}
        onClick={() => move(place - 1)}
      >
        <Icon name="up" size={14} />
      </IconButton>
      <IconButton
        ref={down}
        size="small"
        aria-label={`Move ${name} down`}
        disabled={place === count - 1}
        onClick={() => move(place + 1)}
      >
        <Icon name="down" size={14} />
      </IconButton>
    </Box>
  );
}
