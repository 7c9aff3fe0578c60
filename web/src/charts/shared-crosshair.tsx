// The thin line that a time chart shows while another one is pointed at. It is moved by hand, so that
// no chart is drawn again for it.
import { useEffect, useRef } from 'react';
import { placeOfTime, sharedCrosshair } from './core/crosshair';
import type { Geometry } from './core/geometry';
import type { TimeAxis } from './core/spec';

export interface SharedCrosshairProps {
  chartId: string;
  axis: TimeAxis;
  geometry: Geometry;
  /** Place under this chart's own pointer or keyboard, or null. */
  active: number | null;
}

export function SharedCrosshair({ chartId, axis, geometry, active }: SharedCrosshairProps) {
  const line = useRef<HTMLDivElement>(null);
  const at = active === null ? undefined : axis.values[active];

  useEffect(() => {
    if (at === undefined) return;
    sharedCrosshair.point(chartId, at);
    return () => sharedCrosshair.leave(chartId);
  }, [chartId, at]);

  useEffect(
    () =>
      sharedCrosshair.listen((pointed) => {
        const { current } = line;
        if (!current) return;
        const place =
          pointed === null || pointed.source === chartId ? null : placeOfTime(axis, pointed.at);
        current.hidden = place === null;
        if (place !== null)
          current.style.transform = `translateX(${Math.round(geometry.position(place))}px)`;
      }),
    [chartId, axis, geometry],
  );

  return (
    <div
      ref={line}
      hidden
      aria-hidden
      data-shared-crosshair
      style={{
        position: 'absolute',
        left: 0,
        top: geometry.plot.top,
        width: 1,
        height: geometry.plot.height,
        background: 'var(--tm-palette-text-secondary)',
        opacity: 0.6,
        pointerEvents: 'none',
      }}
    />
  );
}
