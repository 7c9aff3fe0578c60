// Where the box beside a mark stands. Pure.
interface Size {
  width: number;
  height: number;
}

export interface MarkPlace {
  /** Where the mark begins, in the pixels of the picture, and at which height it is. */
  x: number;
  y: number;
  /** How wide it is. */
  w: number;
}

const GAP = 10;
/** How far above the height of the mark the box begins. */
const LIFT = 16;

const within = (value: number, most: number): number => Math.max(0, Math.min(value, most));

export function besideMark(
  { x, y, w }: MarkPlace,
  box: Size,
  picture: Size,
): { left: number; top: number } {
  const left = x + w / 2 > picture.width / 2 ? x - GAP - box.width : x + w + GAP;
  return {
    left: within(left, picture.width - box.width),
    top: within(y - LIFT, picture.height - box.height),
  };
}
