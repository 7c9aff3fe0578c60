// The next frame of the screen, one promise for all who ask: what arrives between two frames can then be drawn together.

// A tab that nobody sees has no frames.
const WITHOUT_FRAMES_MS = 100;

let next: Promise<void> | null = null;

export function nextFrame(): Promise<void> {
  next ??= new Promise((resolve) => {
    const arrive = (): void => {
      window.clearTimeout(timer);
      window.cancelAnimationFrame(frame);
      next = null;
      resolve();
    };
    const timer = window.setTimeout(arrive, WITHOUT_FRAMES_MS);
    const frame = window.requestAnimationFrame(arrive);
  });
  return next;
}
