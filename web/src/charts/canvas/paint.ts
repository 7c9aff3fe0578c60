// Executes a command list on a 2D context. Knows colours, knows nothing about data.
import { dashes, seriesColour, surfaces } from '@/theme/palette';
import type { ThemeMode } from '@/theme/palette';
import { segmentsOf } from './draw-list';
import type { Command } from './draw-list';

export interface PaintOptions {
  mode: ThemeMode;
  /** Above four series the dash repeats what the colour says. */
  dashBySlot: boolean;
}

export const slotColour = (slot: number, mode: ThemeMode): string =>
  slot < 0 ? surfaces[mode].quiet : seriesColour(slot, mode);

function dashOf(command: Extract<Command, { type: 'line' }>, options: PaintOptions): number[] {
  switch (command.dash) {
    case 'comparison':
      return [4, 3];
    case 'incomplete':
      return [2, 3];
    case 'slot':
      return options.dashBySlot && command.slot >= 0 ? [...(dashes[command.slot] ?? [])] : [];
    case 'none':
      return [];
  }
}

/** Sizes the bitmap to the screen's pixels; returns a context in CSS pixels, already cleared. */
export function prepare(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  const context = canvas.getContext('2d');
  if (!context) return null;
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  const w = Math.max(1, Math.round(width * ratio));
  const h = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

export function paint(
  context: CanvasRenderingContext2D,
  commands: readonly Command[],
  options: PaintOptions,
): void {
  for (const command of commands) {
    const colour = slotColour(command.slot, options.mode);
    context.strokeStyle = colour;
    context.fillStyle = colour;
    switch (command.type) {
      case 'line': {
        context.lineWidth = command.width;
        context.lineJoin = 'round';
        context.lineCap = 'round';
        context.setLineDash(dashOf(command, options));
        context.beginPath();
        for (const segment of segmentsOf(command.points)) {
          segment.forEach((point, index) => {
            if (index === 0) context.moveTo(point.x, point.y ?? 0);
            else context.lineTo(point.x, point.y ?? 0);
          });
        }
        context.stroke();
        context.setLineDash([]);
        break;
      }
      case 'area': {
        context.globalAlpha = command.opacity;
        context.beginPath();
        command.points.forEach((point, index) => {
          if (index === 0) context.moveTo(point.x, point.top);
          else context.lineTo(point.x, point.top);
        });
        for (let index = command.points.length - 1; index >= 0; index -= 1) {
          const point = command.points[index];
          if (point) context.lineTo(point.x, point.base);
        }
        context.closePath();
        context.fill();
        context.globalAlpha = 1;
        break;
      }
      case 'bars': {
        context.globalAlpha = command.open ? 0.35 : 1;
        context.beginPath();
        for (const rect of command.rects) {
          context.rect(rect.x, rect.y, rect.w, rect.h);
        }
        context.fill();
        context.globalAlpha = 1;
        if (command.open) {
          context.lineWidth = 1;
          context.setLineDash([3, 2]);
          context.beginPath();
          for (const rect of command.rects) {
            context.rect(
              rect.x + 0.5,
              rect.y + 0.5,
              Math.max(0, rect.w - 1),
              Math.max(0, rect.h - 1),
            );
          }
          context.stroke();
          context.setLineDash([]);
        }
        break;
      }
      case 'dots': {
        for (const point of command.points) {
          context.beginPath();
          context.arc(point.x, point.y, command.radius, 0, Math.PI * 2);
          context.fill();
        }
        break;
      }
    }
  }
}
