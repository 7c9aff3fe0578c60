// A canvas over a whole picture that is drawn before it is seen. The bitmap itself says nothing to a screen reader.
import { useLayoutEffect, useRef } from 'react';
import { prepare } from './paint';

export interface DrawnCanvasProps {
  width: number;
  height: number;
  /** In CSS pixels, on what was cleared; drawn again when it is another function. */
  draw: (context: CanvasRenderingContext2D) => void;
}

export function DrawnCanvas({ width, height, draw }: DrawnCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current && prepare(canvas.current, width, height);
    if (context) draw(context);
  }, [width, height, draw]);
  return (
    <canvas
      ref={canvas}
      aria-hidden
      data-renderer="canvas"
      style={{ position: 'absolute', inset: 0, width, height, pointerEvents: 'none' }}
    />
  );
}
