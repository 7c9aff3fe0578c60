// Grid and labels of every chart, whichever renderer draws the marks: of the ticks, and of bars at their ends. SVG text, so that labels
// are sharp, selectable by tests, and coloured by the theme's variables.
import { memo } from 'react';
import type { Geometry } from './core/geometry';
import { AXIS_FONT_SIZE } from './core/measure-text';

const lineColour = 'var(--tm-palette-divider)';
const zeroColour = 'var(--tm-palette-surface-border)';
const textColour = 'var(--tm-palette-text-secondary)';

export const AxisLayer = memo(function AxisLayer({ geometry }: { geometry: Geometry }) {
  const { plot, width, height, orientation } = geometry;
  const flat = orientation === 'horizontal';
  const bottom = plot.top + plot.height;
  const right = plot.left + plot.width;
  const crossesZero = geometry.domain[0] < 0 && geometry.domain[1] > 0;
  const labelBase = bottom + AXIS_FONT_SIZE + 5;
  return (
    <svg
      width={width}
      height={height}
      aria-hidden
      data-axis
      style={{ position: 'absolute', inset: 0, pointerEvents: 'none', overflow: 'hidden' }}
      fontSize={AXIS_FONT_SIZE}
      fontFamily="inherit"
    >
      {geometry.grid.map((at) => {
        const x = Math.round(at) + 0.5;
        return flat ? (
          <line key={at} x1={x} x2={x} y1={plot.top} y2={bottom} stroke={lineColour} />
        ) : (
          <line key={at} x1={plot.left} x2={right} y1={x} y2={x} stroke={lineColour} />
        );
      })}
      {crossesZero &&
        (flat ? (
          <line
            x1={geometry.zero}
            x2={geometry.zero}
            y1={plot.top}
            y2={bottom}
            stroke={zeroColour}
          />
        ) : (
          <line
            x1={plot.left}
            x2={right}
            y1={geometry.zero}
            y2={geometry.zero}
            stroke={zeroColour}
          />
        ))}
      <g fill={textColour} style={{ fontVariantNumeric: 'tabular-nums' }}>
        {geometry.valueLabels.map((label) =>
          flat ? (
            <text key={label.at} x={label.at} y={labelBase} textAnchor="middle" data-tick="value">
              {label.text}
            </text>
          ) : (
            <text
              key={label.at}
              x={plot.left - 8}
              y={label.at}
              dy="0.32em"
              textAnchor="end"
              data-tick="value"
            >
              {label.text}
            </text>
          ),
        )}
        {geometry.placeLabels.map((label, index) =>
          flat ? (
            <text
              key={index}
              x={plot.left - 8}
              y={label.at}
              dy="0.32em"
              textAnchor="end"
              data-tick="place"
            >
              {label.text}
            </text>
          ) : (
            <text key={index} x={label.at} y={labelBase} textAnchor="middle" data-tick="place">
              {label.text}
            </text>
          ),
        )}
      </g>
      {/* As wide as they were measured: digits that are all alike would be wider. */}
      <g fill="var(--tm-palette-text-primary)" data-ends>
        {geometry.endLabels.map((label) => (
          <text key={label.y} x={label.x} y={label.y} dy="0.32em">
            {label.text}
          </text>
        ))}
      </g>
    </svg>
  );
});
