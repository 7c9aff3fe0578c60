// A picture of marks that have places of their own, a heatmap or a map: the marks on canvas, their labels and what is read of
// them as SVG over it. Labels are coloured by the theme's variables.
import type { ReactNode } from 'react';
import { DrawnCanvas } from './canvas/drawn-canvas';
import type { DrawnCanvasProps } from './canvas/drawn-canvas';
import { AXIS_FONT_SIZE } from './core/measure-text';

export interface MarkLabel {
  text: string;
  /** Where its baseline begins, is in the middle or ends. */
  x: number;
  y: number;
  anchor: 'start' | 'middle' | 'end';
  tick: 'value' | 'place';
}

export interface MarkPictureProps extends DrawnCanvasProps {
  labels: readonly MarkLabel[];
  /** Around the mark that is read. */
  children: ReactNode;
}

export function MarkPicture({ width, height, draw, labels, children }: MarkPictureProps) {
  return (
    <>
      <DrawnCanvas width={width} height={height} draw={draw} />
      <svg
        width={width}
        height={height}
        aria-hidden
        data-axis
        fontSize={AXIS_FONT_SIZE}
        style={{ position: 'absolute', inset: 0, pointerEvents: 'none' }}
      >
        <g fill="var(--tm-palette-text-secondary)">
          {labels.map(({ text, x, y, anchor, tick }) => (
            <text key={`${tick} ${x} ${y}`} x={x} y={y} textAnchor={anchor} data-tick={tick}>
              {text}
            </text>
          ))}
        </g>
        {children}
      </svg>
    </>
  );
}
