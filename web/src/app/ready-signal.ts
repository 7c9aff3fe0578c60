// Tells the outside (reports, screenshots) that the page is complete: <html data-ready="true"> when no
// query is pending, fonts are loaded and two frames have passed.
import type { AppStore } from './store';

function isPending(store: AppStore): boolean {
  const { api } = store.getState();
  return [...Object.values(api.queries), ...Object.values(api.mutations)].some(
    (entry) => entry?.status === 'pending',
  );
}

export function watchReadiness(store: AppStore): void {
  const root = document.documentElement;
  let planned = false;
  const frame = () => new Promise(requestAnimationFrame);
  // Skeletons and pages whose code is on its way say so with aria-busy. A card that is out of view asks nothing yet, so
  // nobody has to wait for it.
  const isBusy = () =>
    isPending(store) ||
    store.getState().session.status === 'unknown' ||
    [...document.querySelectorAll('[aria-busy="true"]')].some(
      (busy) => busy.closest('[data-waiting]') === null,
    );
  const settle = async () => {
    await document.fonts?.ready;
    do {
      await frame();
      await frame();
    } while (isBusy());
    planned = false;
    root.dataset.ready = 'true';
  };
  const check = () => {
    if (isBusy()) root.dataset.ready = 'false';
    if (planned) return;
    planned = true;
    void settle();
  };
  root.dataset.ready = 'false';
  store.subscribe(check);
}
