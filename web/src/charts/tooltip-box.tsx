// The box in which a chart says what stands at a mark or a place: beside it, on the side where there is more room, and never
// beyond the edges of the picture, where a phone would cut it off.
import Box from '@mui/material/Box';
import { useLayoutEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { besideMark } from './core/beside-mark';
import type { MarkPlace } from './core/beside-mark';

export interface TooltipBoxProps extends MarkPlace {
  title: ReactNode;
  children: ReactNode;
}

export function TooltipBox({ x, y, w, title, children }: TooltipBoxProps) {
  const box = useRef<HTMLDivElement>(null);
  // Each time: what stands in it decides how large it is.
  useLayoutEffect(() => {
    const element = box.current;
    const picture = element?.offsetParent;
    if (!element || !picture) return;
    const { left, top } = besideMark(
      { x, y, w },
      { width: element.offsetWidth, height: element.offsetHeight },
      { width: picture.clientWidth, height: picture.clientHeight },
    );
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
  });
  return (
    <Box
      ref={box}
      aria-hidden
      data-testid="chart-tooltip"
      sx={{
        position: 'absolute',
        left: 0,
        top: 0,
        zIndex: 5,
        pointerEvents: 'none',
        width: 'max-content',
        minWidth: 120,
        maxWidth: 'min(280px, 100%)',
        bgcolor: 'background.paper',
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        boxShadow: '0 6px 20px rgb(0 0 0 / 0.16)',
        px: 2.5,
        py: 2,
        typography: 'body2',
        fontVariantNumeric: 'tabular-nums',
        overflowWrap: 'anywhere',
      }}
    >
      <Box sx={{ typography: 'caption', color: 'text.secondary', mb: 0.5 }}>{title}</Box>
      {children}
    </Box>
  );
}
